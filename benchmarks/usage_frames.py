"""The usage features with data-frame libraries: a pandas loop over dates, polars, and featuretools."""

from __future__ import annotations

from typing import Any

import pandas as pd
from usage_events import DAY, STICKY

MONTH, QUARTER = 30, 90


def by_pandas(folder: str, days: list[int]) -> pd.DataFrame:
    """A loop over as-of dates: filter the events, group them, put the results together."""
    usage = pd.read_parquet(f"{folder}/usage.parquet")
    usage = usage[usage["quantity"] > 0]
    happened = usage["occurred_at"].astype("int64") // DAY
    known = usage["recorded_at"].fillna(usage["occurred_at"]).astype("int64") // DAY
    usage = usage.assign(q=(usage["quantity"] * 1000).round().astype("int64"), day=happened, known=known)
    accounts = pd.read_parquet(f"{folder}/accounts.parquet", columns=["account_id"])["account_id"]
    licences = _licences(folder)
    found = []
    for end in days:
        age = end - usage["day"]
        seen = usage[(usage["known"] < end) & (age > 0) & (age <= QUARTER)]
        age = end - seen["day"]
        now, before = seen[age <= MONTH], seen[(age > MONTH) & (age <= 2 * MONTH)]
        counts = pd.DataFrame(
            {
                "days": now.groupby("account_id")["day"].nunique(),
                "last_age": end - seen.groupby("account_id")["day"].max(),
            }
        )
        for suffix, part in (("", now), ("_before", before)):
            by, deep = part.groupby("account_id"), part[part["feature"].isin(STICKY)]
            counts[f"active{suffix}"] = by["user_id"].nunique()
            pairs = part.drop_duplicates(["account_id", "user_id", "day"])
            counts[f"person_days{suffix}"] = pairs.groupby("account_id").size()
            counts[f"sticky{suffix}"] = deep.groupby("account_id")["user_id"].nunique()
            counts[f"events{suffix}"] = by["q"].sum()
            counts[f"modules{suffix}"] = by["module"].nunique()
        found.append(counts.reindex(accounts).rename_axis("account_id").assign(as_of_day=end).reset_index())
    return shares(pd.concat(found).merge(licences, on="account_id"))


def by_polars(folder: str, days: list[int]) -> pd.DataFrame:
    """One lazy query per as-of date, all collected together, streamed from the file."""
    import polars as pl

    day = lambda name: pl.col(name).dt.epoch("us") // DAY  # noqa: E731
    usage = pl.scan_parquet(f"{folder}/usage.parquet").filter(pl.col("quantity") > 0)
    usage = usage.with_columns(
        q=(pl.col("quantity") * 1000).round().cast(pl.Int64),
        day=day("occurred_at"),
        known=pl.coalesce("recorded_at", "occurred_at").dt.epoch("us") // DAY,
    )
    queries = []
    for end in days:
        age = end - pl.col("day")
        seen = usage.filter((pl.col("known") < end) & (age > 0) & (age <= QUARTER))
        now, before = age <= MONTH, (age > MONTH) & (age <= 2 * MONTH)
        parts: dict[str, Any] = {"last_age": age.min(), "days": pl.col("day").filter(now).n_unique()}
        for suffix, when in (("", now), ("_before", before)):
            deep = when & pl.col("feature").is_in(list(STICKY))
            parts[f"active{suffix}"] = pl.col("user_id").filter(when).n_unique()
            parts[f"person_days{suffix}"] = pl.struct("user_id", "day").filter(when).n_unique()
            parts[f"sticky{suffix}"] = pl.col("user_id").filter(deep).n_unique()
            parts[f"events{suffix}"] = pl.col("q").filter(when).sum()
            parts[f"modules{suffix}"] = pl.col("module").filter(when).n_unique()
        queries.append(seen.group_by("account_id").agg(**parts).with_columns(as_of_day=pl.lit(end)))
    counted = pd.concat(frame.to_pandas() for frame in pl.collect_all(queries))
    accounts = pd.read_parquet(f"{folder}/accounts.parquet", columns=["account_id"])
    keys = accounts.merge(pd.DataFrame({"as_of_day": days}), how="cross").merge(_licences(folder))
    return shares(keys.merge(counted, on=["account_id", "as_of_day"], how="left"))


def _licences(folder: str) -> pd.DataFrame:
    rows = pd.read_parquet(f"{folder}/subscriptions.parquet")
    return pd.DataFrame(
        {
            "account_id": rows["account_id"],
            "seats": rows["seats"],
            "licensed": rows["modules"].str.split("|").map(len),
        }
    )


def shares(counts: pd.DataFrame) -> pd.DataFrame:
    """From counts to the features, as the product defines them for accounts older than two months."""
    numbers = counts.columns.drop(["account_id", "as_of_day"])
    c = counts.astype(dict.fromkeys(numbers, "float64")).fillna(dict.fromkeys(numbers.drop("last_age"), 0.0))
    some = lambda name: c[name].where(c[name] > 0)  # noqa: E731
    daily = c["person_days"] / (some("active") * float(MONTH))
    deep = c["sticky"] / some("active")
    return c[["account_id", "as_of_day", "active", "days"]].assign(
        dau=daily,
        dau_change=daily - c["person_days_before"] / (some("active_before") * float(MONTH)),
        per_user=c["events"] / 1000 / some("active"),
        users_change=_change(c["active"], c["active_before"]),
        events_change=_change(c["events"], c["events_before"]),
        last_age=c["last_age"].fillna(QUARTER),
        deep=deep,
        deep_change=deep - c["sticky_before"] / some("active_before"),
        utilisation=c["active"] / c["seats"],
        utilisation_change=(c["active"] - c["active_before"]) / c["seats"],
        breadth=c["modules"] / c["licensed"],
        breadth_change=(c["modules"] - c["modules_before"]) / c["licensed"],
    )


def _change(now: pd.Series, before: pd.Series) -> pd.Series:
    return ((now - before) / (now + before).where(now + before > 0)).fillna(0.0)


def by_featuretools(folder: str, days: list[int]) -> pd.DataFrame:
    """Cutoff times, with one training window per call: the month, the month before it, and the quarter.

    featuretools knows no late facts, and counts distinct values of one column: so pairs of user and day,
    and the users of sticky features, are columns of their own.
    """
    entities, accounts = _entities(folder)
    counted = ["num_unique", "sum"]
    names = {
        "NUM_UNIQUE(usage.user_id)": "active",
        "NUM_UNIQUE(usage.day)": "days",
        "NUM_UNIQUE(usage.user_day)": "person_days",
        "NUM_UNIQUE(usage.sticky_user)": "sticky",
        "NUM_UNIQUE(usage.module)": "modules",
        "SUM(usage.q)": "events",
    }
    now = _window(entities, accounts, days, 0, MONTH, counted).rename(columns=names)
    before = _window(entities, accounts, days, MONTH, MONTH, counted).rename(columns=names)
    last = _window(entities, accounts, days, 0, QUARTER, ["max"]).rename(
        columns={"MAX(usage.number)": "last_day"}
    )
    keys = ["account_id", "as_of_day"]
    found = now.merge(before, on=keys, suffixes=("", "_before")).merge(last, on=keys)
    found["last_age"] = found["as_of_day"] - found["last_day"]
    return shares(found.merge(_licences(folder), on="account_id"))


def _entities(folder: str) -> tuple[Any, pd.DataFrame]:
    """The events of the book as featuretools holds them, and its accounts."""
    import featuretools as ft

    usage = pd.read_parquet(f"{folder}/usage.parquet")
    usage = usage[usage["quantity"] > 0].reset_index(drop=True)
    usage["occurred_at"] = usage["occurred_at"].dt.tz_localize(None)
    number = usage["occurred_at"].astype("int64") // DAY
    usage = usage.assign(
        q=(usage["quantity"] * 1000).round(),
        number=number.astype(float),
        day=number.astype(str),
        user_day=usage["user_id"] + "|" + number.astype(str),
        sticky_user=usage["user_id"].where(usage["feature"].isin(STICKY)),
        event=usage.index,
    )
    accounts = pd.read_parquet(f"{folder}/accounts.parquet", columns=["account_id"])
    kinds = dict.fromkeys(("user_id", "day", "user_day", "sticky_user", "module"), "Categorical")
    columns = ["event", "account_id", "occurred_at", "number", "q", *kinds]
    entities = ft.EntitySet("book")
    entities.add_dataframe(
        dataframe_name="usage",
        dataframe=usage[columns],
        index="event",
        time_index="occurred_at",
        logical_types=kinds,
    )
    entities.add_dataframe(dataframe_name="accounts", dataframe=accounts, index="account_id")
    entities.add_relationship("accounts", "account_id", "usage", "account_id")
    return entities, accounts


def _window(
    entities: Any, accounts: pd.DataFrame, days: list[int], earlier: int, length: int, primitives: list[str]
) -> pd.DataFrame:
    """What `primitives` find in the `length` days that end `earlier` days before each as-of day."""
    import featuretools as ft

    ends = pd.DataFrame({"time": pd.to_datetime([day - earlier for day in days], unit="D")})
    found, _ = ft.dfs(
        entityset=entities,
        target_dataframe_name="accounts",
        cutoff_time=accounts.rename(columns={"account_id": "instance_id"}).merge(ends, how="cross"),
        cutoff_time_in_index=True,
        training_window=f"{length} days",
        include_cutoff_time=False,
        agg_primitives=primitives,
        trans_primitives=[],
        ignore_columns={"usage": ["q"]} if primitives == ["max"] else {"usage": ["number"]},
        max_depth=1,
    )
    found = found.reset_index()
    ids = found["instance_id" if "instance_id" in found else "account_id"].astype(str)
    end = found["time"].astype("datetime64[us]").astype("int64") // DAY + earlier
    return found.drop(columns=["time"]).assign(account_id=ids, as_of_day=end)
