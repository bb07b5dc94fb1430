from __future__ import annotations

import datetime as dt
import json
import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from features.faults import WrongUse
from serving.batch.publishing import Published, published_account, score_and_publish
from serving.history.opened_store import opened_store
from tests.serving.trained_workspace import NOW, PARAMS, TrainedWorkspace, workspace

__all__ = ["workspace"]


def publish(
    workspace: TrainedWorkspace,
    store: str,
    out: Path | None = None,
    as_of: str | None = None,
    *overrides: str,
) -> Published:
    registry = Path(workspace.registry)
    return score_and_publish(
        Path(workspace.book), as_of, PARAMS, overrides, registry, store, out, NOW, lambda _: None
    )


def test_a_published_account_is_read_back_as_it_was_scored(
    workspace: TrainedWorkspace, tmp_path: Path
) -> None:
    store, out = f"sqlite:///{tmp_path / 'new' / 'vitals.db'}", tmp_path / "health.csv"
    done = publish(workspace, store, out)
    account = done.scored.accounts[3]
    name = account.payload["account_id"]
    found = published_account(name, None, store).payload
    assert {**found, "case_id": None} == account.payload  # a case may have been opened by it
    assert published_account(name, "2026-11-01", store).payload == account.payload
    assert json.loads(json.dumps(done.as_dict()))["bands"].keys() == {"green", "yellow", "red"}
    assert sum(done.as_dict()["bands"].values()) == len(done.scored.accounts) == len(pd.read_csv(out))
    assert "scored by version 1" in done.as_text()
    others = done.as_dict()["not_scored"]
    assert others > 0
    assert f"\n{others} more of the book are no customers on that date: not known yet," in done.as_text()


@pytest.mark.long
def test_the_same_is_not_published_twice_but_another_rule_is(
    workspace: TrainedWorkspace, tmp_path: Path
) -> None:
    shutil.copy(workspace.store.removeprefix("sqlite:///"), tmp_path / "vitals.db")
    store = f"sqlite:///{tmp_path / 'vitals.db'}"
    assert publish(workspace, store).snapshot.id == 1  # the workspace's own
    other = publish(workspace, store, None, None, "rule.bands.green=97")
    assert other.snapshot.id == 2
    for account in other.scored.accounts:
        assert (account.payload["band"] == "green") == (account.payload["range"][0] >= 97)


@pytest.mark.long
def test_what_is_published_says_since_when_by_the_snapshot_before(
    workspace: TrainedWorkspace, tmp_path: Path
) -> None:
    shutil.copy(workspace.store.removeprefix("sqlite:///"), tmp_path / "vitals.db")
    store = f"sqlite:///{tmp_path / 'vitals.db'}"
    done = publish(workspace, store, None, "2026-11-02", "serving.evidence_snapshots=0")
    with opened_store(store) as opened:
        first = opened.snapshot(1)
        assert first is not None
        inputs = opened.inputs_of(first)
    assert inputs is not None
    before, now = (rows.set_index("account_id") for rows in (inputs.rows, done.scored.rows))
    told = set()
    for account in done.scored.accounts:
        name = account.payload["account_id"]
        for driver in (*account.payload["drivers"], *account.payload["rule"]["drivers"]):
            told.add(driver["since"])
            if driver["since"] is None or driver["value"] is None or driver["typical"] is None:
                continue
            values = np.round([rows.loc[name, driver["feature"]] for rows in (before, now)], 4)
            sides = np.sign(values - driver["typical"])  # NaN, where it was missing, is like nothing
            assert (driver["since"] == first.as_of) == (sides[0] == sides[1])
            assert driver["since"][:10] in driver["text"]["en"]
    assert told == {None, "2026-11-01T00:00:00Z", "2026-11-02T00:00:00Z"}


@pytest.mark.long
def test_a_book_is_published_with_its_evidence_and_one_from_before_gets_it_when_scored_again(
    workspace: TrainedWorkspace, tmp_path: Path
) -> None:
    store = f"sqlite:///{tmp_path / 'vitals.db'}"
    none = publish(workspace, store, None, None, "serving.evidence_snapshots=0")
    account = none.scored.accounts[0].payload["account_id"]
    with opened_store(store) as opened:
        assert opened.evidence_of(none.snapshot, account) is None
    assert publish(workspace, store).snapshot == none.snapshot
    with opened_store(store) as opened:
        index, document = opened.evidence_of(none.snapshot, account) or ({}, {})
    assert set(index["features"]) == set(none.scored.rows.columns[2:]) - {"segment"}
    assert "usage_by_day" in document["tables"]
    assert publish(workspace, store).snapshot == none.snapshot


@pytest.mark.parametrize(
    ("ask", "message"),
    [
        (
            {"account_id": "A-999999"},
            r"account_id is 'A-999999'; allowed: an account scored as of 2026-11-01",
        ),
        ({"account_id": "A-000001", "as_of": "2020-01-01"}, "allowed: one of 2026-11-01T00:00:00Z"),
        ({"account_id": "A-000001", "as_of": "yesterday"}, "allowed: a date such as 2026-10-31"),
    ],
)
def test_an_account_that_was_not_published_is_named(
    workspace: TrainedWorkspace, ask: dict[str, Any], message: str
) -> None:
    with pytest.raises(WrongUse, match=message):
        published_account(ask["account_id"], ask.get("as_of"), workspace.store)


def test_a_file_of_another_kind_is_refused_before_anything_is_scored(
    workspace: TrainedWorkspace, tmp_path: Path
) -> None:
    with pytest.raises(WrongUse, match=r"a file ending in .parquet or .csv"):
        publish(workspace, "sqlite://", tmp_path / "health.xlsx")


@pytest.mark.parametrize(
    ("url", "message"),
    [
        ("nonsense", "the store's URL cannot be used"),
        ("oracle://u:secret@host/x", "the store's URL cannot be used"),
        ("sqlite:///{folder}/text.db", "file is not a database"),
        ("sqlite:///{folder}", "unable to open database file"),
    ],
)
def test_a_store_that_cannot_be_used_is_said_without_its_password(
    url: str, message: str, tmp_path: Path
) -> None:
    (tmp_path / "text.db").write_text(
        "this is a text, not a database, and long enough to be read as one" * 20
    )
    with pytest.raises(WrongUse, match=message) as refused, opened_store(url.format(folder=tmp_path)):
        pytest.fail("the store was opened")
    assert "secret" not in str(refused.value)


def test_a_store_that_breaks_while_it_is_used_is_said_without_the_values(tmp_path: Path) -> None:
    account = _scored("A-1")
    with (
        pytest.raises(WrongUse, match="UNIQUE constraint failed") as refused,
        opened_store(f"sqlite:///{tmp_path / 'vitals.db'}") as store,
    ):
        store.publish_snapshot(
            [account, account],
            as_of=dt.datetime(2026, 11, 1, tzinfo=dt.UTC),
            published_at=NOW,
            model={"kind": "rule"},
            data_fingerprint="0",
        )
    assert "A-1" not in str(refused.value)


def _scored(account_id: str) -> Any:
    from serving.history.snapshots import ScoredAccount

    return ScoredAccount({"name": None}, {"account_id": account_id, "health": 50.0, "band": "red"})
