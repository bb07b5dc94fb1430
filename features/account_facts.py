"""What the book says of an account beside its features: its name, whose it is, what kind of customer."""

from __future__ import annotations

import pandas as pd

from features.warehouse import Warehouse

KEY_ACCOUNT = "is_key"
ACCOUNT_FACTS = (
    *("name", "segment", "industry", "region", "language"),
    *("owner", "director", "vp", KEY_ACCOUNT, "parent_account_id"),
)
FACT_TEXTS = tuple(name for name in ACCOUNT_FACTS if name != KEY_ACCOUNT)


def account_facts(source: Warehouse, accounts: pd.Series) -> pd.DataFrame:
    """The facts (n, `ACCOUNT_FACTS`) of these accounts, in their order and with their index; missing where
    the book does not tell. They are of today, whatever the date: who owned an account then is not kept."""
    told: pd.DataFrame = source["accounts"].select("account_id", *ACCOUNT_FACTS).to_pandas()
    return told.set_index("account_id").loc[accounts].set_axis(accounts.index)


def with_facts(rows: pd.DataFrame, source: Warehouse) -> pd.DataFrame:
    """The rows with the facts of their accounts as the last columns: texts, and `is_key` true or false."""
    kinds = dict.fromkeys(FACT_TEXTS, "str") | {KEY_ACCOUNT: "boolean"}
    # Typed, for a file: a column that nobody told a value of would have no type there, and Spark reads none.
    return rows.join(account_facts(source, rows["account_id"]).astype(kinds))
