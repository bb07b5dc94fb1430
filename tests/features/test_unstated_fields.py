"""A field that is not stated never flatters (H2): not in the features' shares, and so not in the rule."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from features.params import RuleParams
from features.params_file import DEFAULT_PARAMS, read_section
from features.rule_score import rule_score
from features.snapshot import build_snapshot
from tests.features.literal_book import AS_OF, PARAMS, Case, Row, at, literal_warehouse

SHIPPED = read_section(Path(__file__).resolve().parents[2] / DEFAULT_PARAMS, "rule", RuleParams)
ACCOUNTS = 30
UNSTATED = {"subscriptions": ("seats", "modules", "mrr"), "tickets": ("reopened",)}
MEASURES = ["seat_utilisation_30d", "modules_used_share_30d", "seats_change_180d", "mrr_change_180d"]
MEASURES += ["first_contact_resolution_180d", "first_contact_resolution_change_180d"]
Rows = dict[str, list[Row]]


def drawn(rng: np.random.Generator) -> Rows:
    """Two subscriptions, one of which has grown or shrunk, some use of three modules, some tickets."""
    runs = [{"subscription_id": name, **licence(rng)} for name in ("S-1", "S-2")]
    grown = {"subscription_id": "S-1", **licence(rng), "changed_at": at(int(rng.integers(1, 300)))}
    used = [
        {"user_id": f"U-{n}", "module": rng.choice(["core", "api", "planner"]), "occurred_at": at(1)}
        for n in range(rng.integers(1, 5))
    ]
    return {
        "subscriptions": [*runs, grown],
        "usage": used,
        "tickets": [solved(rng) for _ in range(rng.integers(1, 5))],
    }


def licence(rng: np.random.Generator) -> Row:
    modules = rng.choice(["core", "core|api", "planner", "core|api|planner|crm"])
    return {"seats": int(rng.integers(1, 9)), "modules": modules, "mrr": 100.0, "currency": "EUR"}


def solved(rng: np.random.Generator) -> Row:
    contacts, reopened = int(rng.integers(1, 3)), bool(rng.random() < 0.5)
    age = int(rng.integers(2, 300))
    times = {"opened_at": at(age), "resolved_at": at(age - 1)}
    return {**times, "contacts_to_resolve": contacts, "reopened": reopened}


def unstated(rows: Rows) -> Iterator[Rows]:
    """The rows with each of the fields null in each row by itself, and in all rows of its table."""
    for table, fields in UNSTATED.items():
        for field in fields:
            for chosen in ({n} for n in range(len(rows[table]))):
                yield {**rows, table: nulled(rows[table], field, chosen)}
            yield {**rows, table: nulled(rows[table], field, set(range(len(rows[table]))))}


def nulled(rows: list[Row], field: str, chosen: set[int]) -> list[Row]:
    return [{**row, field: None} if n in chosen else row for n, row in enumerate(rows)]


@pytest.fixture(scope="module")
def rows() -> pd.DataFrame:
    """The features by "<account>/<variant>"; variant 0 is the account as drawn."""
    rng = np.random.default_rng(11)
    books = [drawn(rng) for _ in range(ACCOUNTS)]
    cases = [
        Case(f"{place}/{n}", rows)
        for place, book in enumerate(books)
        for n, rows in enumerate([book, *unstated(book)])
    ]
    return build_snapshot(literal_warehouse(*cases), [AS_OF], PARAMS).set_index("account_id")


def as_drawn(values: pd.Series) -> pd.Series:
    """Of each variant the value of the account as drawn."""
    return values[values.index.str.split("/").str[0] + "/0"].set_axis(values.index)


@pytest.mark.parametrize("feature", MEASURES)
def test_a_field_that_is_not_stated_leaves_a_feature_missing_or_no_better(
    rows: pd.DataFrame, feature: str
) -> None:
    values = rows[feature]
    assert values.notna().any()
    assert values[values > as_drawn(values)].to_dict() == {}


def test_a_field_that_is_not_stated_raises_no_lowest_score_and_makes_nobody_green(rows: pd.DataFrame) -> None:
    scores = rule_score(rows, SHIPPED)
    assert scores.lowest[scores.lowest > as_drawn(scores.lowest)].to_dict() == {}
    assert not ((scores.band == "green") & (as_drawn(scores.band) != "green")).any()
