from __future__ import annotations

import json

import numpy as np
import pandas as pd
import pytest

from features.catalog import Feature, load_catalog
from features.params import Windows
from training.plausible_moves import PlausibleMoves, plausible_moves
from training.typical_values import TypicalValues, typical_values

BY_NAME = {feature.name: feature for feature in load_catalog(Windows())}
SHARE, LATE, TICKETS = "sticky_feature_user_share_30d", "overdue_days_longest", "tickets_90d"
CATALOG: list[Feature] = [BY_NAME[name] for name in (SHARE, LATE, TICKETS, "tenure_days")]


def panel(dates: tuple[str, ...] = ("2026-08-01", "2026-10-01"), accounts: int = 40) -> pd.DataFrame:
    """Shares 0, 1/40 … that rise by a tenth; days overdue that fall by five; tickets that stay."""
    rows = []
    for n in range(accounts):
        for place, date in enumerate(dates):
            value = {
                SHARE: n / accounts + 0.1 * place,
                LATE: max(n - 5.0 * place, 0.0),
                TICKETS: float(n % 5),
            }
            of = {"account_id": f"A-{n}", "as_of": pd.Timestamp(date), "segment": "smb" if n < 5 else "mid"}
            rows.append({**of, **value, "tenure_days": 100.0 + n})
    return pd.DataFrame(rows)


def test_limits_are_where_one_in_ten_stands_on_the_better_side() -> None:
    found = plausible_moves(panel(), CATALOG)
    assert found.limits[SHARE] == pytest.approx(0.925, abs=0.03)
    assert found.limits[LATE] <= 3
    assert found.limits[TICKETS] == 2  # not monotone: the median
    assert "tenure_days" not in found.limits  # nobody can act on it


def test_a_move_is_what_one_in_ten_accounts_did() -> None:
    found = plausible_moves(panel(), CATALOG)
    assert found.longest_move(SHARE, distance=0.9, start=0.9) == pytest.approx(0.1)
    assert found.longest_move(SHARE, distance=0.04, start=0.04) == pytest.approx(0.04)  # never past the limit
    assert found.longest_move(LATE, distance=30, start=30) == pytest.approx(5)
    assert found.longest_move(TICKETS, distance=2, start=2) == 0
    assert {LATE, TICKETS} == set(found.whole)


def test_a_segment_of_a_few_accounts_has_no_limit_of_its_own() -> None:
    found = plausible_moves(panel(), CATALOG)
    assert SHARE not in found.segment_limits["smb"]
    assert found.limit(SHARE, "smb") == found.limits[SHARE] == found.limit(SHARE, None)
    assert found.limit(SHARE, "mid") == found.segment_limits["mid"][SHARE]


@pytest.mark.parametrize("dates", [("2026-10-01",), ("2026-07-01", "2026-10-01")])
def test_without_two_dates_sixty_days_apart_half_of_the_distance_is_assumed(dates: tuple[str, ...]) -> None:
    found = plausible_moves(panel(dates), CATALOG)
    assert found.moves is None
    assert found.longest_move(SHARE, distance=0.4, start=0.4) == 0.2


def test_what_was_seen_of_fewer_than_ten_accounts_does_not_move() -> None:
    found = plausible_moves(panel(accounts=8), CATALOG)
    assert found.moves == {}
    assert found.longest_move(SHARE, distance=0.4, start=0.4) == 0


def test_how_often_a_missing_value_becomes_known_is_counted() -> None:
    rows = panel()
    rows.loc[rows["as_of"] == "2026-08-01", SHARE] = np.nan
    rows.loc[(rows["as_of"] == "2026-10-01") & (rows.index < 40), SHARE] = np.nan
    found = plausible_moves(rows, CATALOG)
    assert found.becomes_known[SHARE] == 0.5
    assert found.becomes_known[LATE] == 0.0


def test_the_facts_are_plain_json_and_read_back() -> None:
    for rows in (panel(), panel(("2026-10-01",))):
        found = plausible_moves(rows, CATALOG)
        assert PlausibleMoves.from_facts(json.loads(json.dumps(found.as_facts()))) == found


def test_typical_is_of_the_segment_where_it_is_large_enough_and_of_all_where_not() -> None:
    usual = typical_values(panel(("2026-10-01",)), [SHARE, LATE])
    assert usual.of(SHARE, "mid")[1] == "segment"
    assert usual.of(SHARE, "smb") == (usual.portfolio[SHARE], "portfolio")
    assert usual.of(SHARE, float("nan"))[1] == "portfolio"
    assert TypicalValues.from_facts({"typical": {"a": 1.0}}).of("a", "mid") == (1.0, "portfolio")
