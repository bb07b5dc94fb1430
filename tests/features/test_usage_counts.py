"""The counts of use against a loop over dates and events in pandas, where bits and words could go wrong."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from features.cohort import KEYS, cohort
from features.licensed_modules import known_modules
from features.params import FeatureParams, Windows
from features.time_windows import EPOCH
from features.usage_counts import ACTIVITY, PEOPLE, TOGETHER, usage_counts
from tests.features.literal_book import AS_OF
from tests.features.other_futures import warehouse_of_frames
from tests.features.random_books import Frames, random_frames

MANY_DATES = [AS_OF - pd.Timedelta(days=17 * n) for n in range(TOGETHER + 3)]
STICKY = ("login",)
MODULES = ("modules", "modules_before")
DEFAULT, LONGEST = Windows(), Windows.model_validate({"month": "62d", "quarter": "150d"})
SHORTEST = Windows.model_validate({"month": "1d", "quarter": "2d"})


def crowded(seed: int, modules: int) -> Frames:
    """A random book in which few people use many modules on many days."""
    rng = np.random.default_rng(seed)
    frames = random_frames(rng, AS_OF)
    usage = pd.concat([frames["usage"]] * 4, ignore_index=True)
    usage["occurred_at"] -= pd.to_timedelta(rng.integers(0, 300, len(usage)), unit="D")
    usage["module"] = [f"module {n}" for n in rng.integers(0, modules, len(usage))]
    usage["account_id"] = rng.choice(["A-01", "A-02", "A-03"], len(usage))
    accounts = frames["accounts"].assign(created_at=EPOCH, recorded_at=pd.NaT)
    return {"accounts": accounts, "usage": usage, "subscriptions": licences(accounts, modules)}


def licences(accounts: pd.DataFrame, modules: int) -> pd.DataFrame:
    """Each account has licensed all modules but every seventh."""
    named = "|".join(f"Module {n} " for n in range(modules) if n % 7 != 6)
    times = {"starts_at": EPOCH, "changed_at": EPOCH, "ends_at": pd.NaT}
    return accounts[["account_id"]].assign(subscription_id=accounts["account_id"], modules=named, **times)


def counted(frames: Frames, dates: list[pd.Timestamp], windows: Windows) -> pd.DataFrame:
    """What the product counts, with the number of the licensed modules used."""
    source = warehouse_of_frames(frames)
    params = FeatureParams(windows=windows, sticky_features=STICKY)
    modules = known_modules(source, 0, max(dates).toordinal())
    found: pd.DataFrame = usage_counts(source, cohort(source, dates), params, modules).to_pandas()
    for name, words in (("modules", modules.used), ("modules_before", modules.used_before)):
        found[name] = found[words].map(int.bit_count).sum(axis=1)
    return found.set_index(list(KEYS))[[*PEOPLE, *ACTIVITY, *MODULES]].astype("float64").sort_index()


def looped(frames: Frames, dates: list[pd.Timestamp], windows: Windows) -> pd.DataFrame:
    """The same by looping over accounts and dates."""
    rows, usage = {}, frames["usage"][frames["usage"]["quantity"] > 0]
    happened = (usage["occurred_at"] - EPOCH).dt.days
    known = (usage["recorded_at"].fillna(usage["occurred_at"]) - EPOCH).dt.days
    for date in dates:
        day = (date - EPOCH).days
        age = day - happened
        seen = usage.assign(age=age)[(known < day) & (age > 0) & (age <= windows.quarter)]
        for account in frames["accounts"]["account_id"]:
            rows[account, day] = one(seen[seen["account_id"] == account], windows.month)
    return pd.DataFrame(rows, index=[*PEOPLE, *ACTIVITY, *MODULES]).T.rename_axis(list(KEYS)).sort_index()


def one(seen: pd.DataFrame, month: int) -> list[float]:
    now, before = seen[seen["age"] <= month], seen[seen["age"].between(month + 1, 2 * month)]
    people = [now["user_id"].nunique(), before["user_id"].nunique(), now["age"].nunique()]
    people += [len(part.drop_duplicates(["user_id", "age"])) for part in (now, before)]
    people += [part[part["feature"].isin(STICKY)]["user_id"].nunique() for part in (now, before)]
    events = [(part["quantity"] * 1000).round().sum() for part in (now, before)]
    licensed = [part["module"][part["module"].map(is_licensed)].nunique() for part in (now, before)]
    return [*people, *events, seen["age"].min(), *licensed]


def is_licensed(module: str | None) -> bool:
    return module is not None and int(module.removeprefix("module ")) % 7 != 6


@pytest.mark.parametrize("windows", [DEFAULT, LONGEST, SHORTEST], ids=["default", "longest", "shortest"])
def test_the_counts_are_those_of_a_loop_over_the_events(windows: Windows) -> None:
    frames = crowded(seed=3, modules=5)
    pd.testing.assert_frame_equal(counted(frames, [AS_OF], windows), looped(frames, [AS_OF], windows))


def test_more_dates_and_more_modules_than_one_word_holds_change_nothing() -> None:
    frames = crowded(seed=4, modules=150)
    found = counted(frames, MANY_DATES, DEFAULT)
    assert found["modules"].max() > 1
    pd.testing.assert_frame_equal(found, looped(frames, MANY_DATES, DEFAULT))


def test_a_book_without_any_module_has_used_none() -> None:
    frames = crowded(seed=5, modules=1)
    frames["usage"] = frames["usage"].assign(module=None)
    assert counted(frames, [AS_OF], DEFAULT)["modules"].tolist() == [0.0] * len(frames["accounts"])
