"""Today's accounts both ways: the same bytes from the history as from the book, and as scoring them so."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from features.faults import WrongUse
from serving.batch.publishing import Published, score_and_publish
from serving.what_ifs.what_if import WhatIf
from serving.what_ifs.what_if_run import what_if
from tests.serving.trained_workspace import LIGHT, NOW, PARAMS, TrainedWorkspace, workspace
from training.all_params import AllParams
from training.what_if_question import Question

__all__ = ["workspace"]
WEIGHTS = "usage=70,voice=10,commercial=10,service=10"
BANDS = "green=75,yellow=65"
HEAVIER_USE = Question(weights=WEIGHTS, bands=BANDS)


@pytest.fixture(scope="module")
def params() -> AllParams:
    return AllParams.read(PARAMS, LIGHT)


def ask(workspace: TrainedWorkspace, params: AllParams, question: Question, **asked: Any) -> WhatIf:
    asked = {"book": None, "as_of": None, "out": None, "store": workspace.store} | asked
    store = asked.pop("store")
    return what_if(question, params=params, registry=Path(workspace.registry), store_url=store, **asked)


def scored(workspace: TrainedWorkspace, folder: Path, *overrides: str, registry: str = "none") -> Published:
    store = f"sqlite:///{folder / 'other.db'}"
    book, where = Path(workspace.book), Path(registry) if registry != "none" else folder / "none"
    return score_and_publish(book, None, PARAMS, overrides, where, store, None, NOW, lambda _: None)


@pytest.mark.long
def test_before_is_what_was_published_and_after_what_scoring_so_would_publish(
    workspace: TrainedWorkspace, params: AllParams, tmp_path: Path
) -> None:
    table = ask(workspace, params, HEAVIER_USE).table.set_index("account_id")
    weights = f"rule.weights={{{WEIGHTS.replace('=', ': ')}}}"
    bands = f"rule.bands={{{BANDS.replace('=', ': ')}}}"
    for side, overrides in (("before", ()), ("after", (weights, bands))):
        for account in scored(workspace, tmp_path, *overrides).scored.accounts:
            rule = account.payload["rule"]
            row = table.loc[account.payload["account_id"]]
            assert (row[f"score_{side}"], row[f"band_{side}"]) == (rule["score"], rule["band"])


@pytest.mark.long
def test_before_and_after_may_be_the_champion_under_other_bands(
    workspace: TrainedWorkspace, params: AllParams, tmp_path: Path
) -> None:
    question = Question(bands="green=97,yellow=90", model="champion", against="champion")
    table = ask(workspace, params, question).table.set_index("account_id")
    published = scored(workspace, tmp_path, "rule.bands={green: 97, yellow: 90}", registry=workspace.registry)
    for account in published.scored.accounts:
        row = table.loc[account.payload["account_id"]]
        assert row["score_before"] == row["score_after"] == account.payload["health"]
        assert row["band_after"] == account.payload["band"]


def test_a_published_date_is_replayed_to_the_byte_without_the_book(
    workspace: TrainedWorkspace, params: AllParams, tmp_path: Path
) -> None:
    copied = tmp_path / "vitals.db"
    shutil.copy(workspace.store.removeprefix("sqlite:///"), copied)
    told, files = [], []
    for number in (1, 2):
        out = tmp_path / f"{number}.csv"
        again = ask(workspace, params, HEAVIER_USE, store=f"sqlite:///{copied}", as_of="2026-11-01", out=out)
        told.append(json.dumps(again.as_dict(), ensure_ascii=False))
        files.append(out.read_bytes())
    assert told[0] == told[1]
    assert files[0] == files[1]
    of_book = ask(workspace, params, HEAVIER_USE, book=Path(workspace.book)).as_dict()
    assert json.loads(told[0]) | {"source": {"kind": "book"}} == of_book


def test_a_rule_that_has_changed_since_does_not_change_what_was_published(
    workspace: TrainedWorkspace, params: AllParams
) -> None:
    changed = AllParams.read(PARAMS, (*LIGHT, "rule.bands={green: 50, yellow: 10}"))
    one, two = (ask(workspace, p, Question(weights=WEIGHTS)).as_dict() for p in (params, changed))
    assert one == two


def test_bands_hold_every_account_and_moves_are_the_difference(
    workspace: TrainedWorkspace, params: AllParams
) -> None:
    told = ask(workspace, params, HEAVIER_USE).as_dict()
    for side in ("before", "after"):
        assert sum(band[side]["accounts"] for band in told["bands"].values()) == told["accounts"]
    assert len(told["changed"]) == sum(move["accounts"] for move in told["moves"]) > 0
    for band, held in told["bands"].items():
        gone = sum(m["accounts"] for m in told["moves"] if m["from"] == band)
        come = sum(m["accounts"] for m in told["moves"] if m["to"] == band)
        assert held["after"]["accounts"] - held["before"]["accounts"] == come - gone
        paid = sum(m["mrr"] * ((m["to"] == band) - (m["from"] == band)) for m in told["moves"])
        assert held["after"]["mrr"] - held["before"]["mrr"] == pytest.approx(paid, abs=0.02)


def test_who_ends_in_red_is_told_first_and_of_those_who_pays_most(
    workspace: TrainedWorkspace, params: AllParams
) -> None:
    changed = ask(workspace, params, HEAVIER_USE).as_dict()["changed"]
    order = [(("red", "yellow", "green").index(c["after"]["band"]), -(c["mrr"] or 0)) for c in changed]
    assert order == sorted(order)
    assert all(c["before"]["band"] != c["after"]["band"] for c in changed)


def test_weights_of_a_segment_move_nobody_else(workspace: TrainedWorkspace, params: AllParams) -> None:
    question = Question(weights=WEIGHTS, segment="enterprise")
    table = ask(workspace, params, question).table
    moved = table["score_before"] != table["score_after"]
    assert moved.any()
    assert set(table.loc[moved, "segment"]) == {"enterprise"}
    default = ask(workspace, params, Question(weights=WEIGHTS)).table
    assert "enterprise" not in set(default.loc[default["score_before"] != default["score_after"], "segment"])


def test_people_read_the_bands_the_moves_and_the_accounts(
    workspace: TrainedWorkspace, params: AllParams
) -> None:
    found = ask(workspace, params, HEAVIER_USE)
    text = found.as_text()
    assert "accounts as of 2026-11-01, from the published snapshot 1" in text
    assert "after: the rule with usage 70, voice 10, commercial 10, service 10; enterprise usage 25" in text
    first = found.as_dict()["changed"][0]
    assert (
        f"{first['before']['score']:.1f} {first['before']['band']} -> {first['after']['score']:.1f}" in text
    )


def test_an_unknown_fact_is_null_and_an_unknown_revenue_is_said(
    workspace: TrainedWorkspace, params: AllParams
) -> None:
    found = ask(workspace, params, HEAVIER_USE)
    unknown = found.accounts.assign(mrr=float("nan"), owner=None, name=None)
    told = WhatIf(found.as_of, found.source, unknown, found.before, found.after)
    assert told.as_dict()["accounts_without_mrr"] == len(unknown)
    assert told.as_dict()["changed"][0] | {"mrr": None, "owner": None} == told.as_dict()["changed"][0]
    json.dumps(told.as_dict(), allow_nan=False)
    assert "None" not in told.as_text()


def test_a_snapshot_without_features_says_how_to_get_them(
    workspace: TrainedWorkspace, params: AllParams, tmp_path: Path
) -> None:
    import sqlite3

    copied = tmp_path / "old.db"
    shutil.copy(workspace.store.removeprefix("sqlite:///"), copied)
    with sqlite3.connect(copied) as connection:
        for table in ("score_inputs", "snapshot_inputs"):
            connection.execute(f"DROP TABLE {table}")
    with pytest.raises(WrongUse, match=r"Next: vitals score BOOK --as-of 2026-11-01, or name the book"):
        ask(workspace, params, HEAVIER_USE, store=f"sqlite:///{copied}")


@pytest.mark.parametrize(
    ("asked", "message"),
    [
        ({"as_of": "2020-01-01"}, "allowed: one of 2026-11-01T00:00:00Z"),
        ({"out": Path("x.xlsx")}, "allowed: a file ending in .parquet or .csv"),
        ({"as_of": "soon"}, "allowed: a date such as 2026-10-31"),
    ],
)
def test_what_cannot_be_answered_is_refused(
    workspace: TrainedWorkspace, params: AllParams, asked: dict[str, Any], message: str
) -> None:
    with pytest.raises(WrongUse, match=message):
        ask(workspace, params, HEAVIER_USE, **asked)


def test_every_account_goes_to_the_file(
    workspace: TrainedWorkspace, params: AllParams, tmp_path: Path
) -> None:
    out = tmp_path / "what_if.parquet"
    found = ask(workspace, params, HEAVIER_USE, out=out)
    assert len(pd.read_parquet(out)) == len(found.accounts)
