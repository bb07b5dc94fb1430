"""Rows scored in chunks: what is published is what the book's own scoring says, whatever was interrupted."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from typer.testing import CliRunner

from features.faults import DataFault, VitalsFault
from features.files import features_to_file
from serving.batch.batch_scoring import flat_rows
from serving.bulk import local_rows
from serving.bulk.local_rows import LocalRows
from serving.bulk.publish_rows import Bulk, score_rows
from serving.bulk.published_rows import PublishedRows
from serving.bulk.scored_chunk import Told, scored_chunk
from serving.history.store import ScoreStore
from serving.scores.champion import load_scorer
from tests.command_runs import answer
from tests.serving.trained_workspace import LIGHT, NOW, PARAMS, TrainedWorkspace, workspace
from vitals import app

__all__ = ["workspace"]
OF_THE_BOOK = ("known_until", "stale", "left_out", "case_id")
Run = Callable[..., PublishedRows]


@pytest.fixture(scope="module")
def rows(workspace: TrainedWorkspace) -> pd.DataFrame:
    """The features that the workspace's book was scored from, with what is known of the accounts."""
    store = ScoreStore(workspace.store)
    snapshot = store.newest_snapshot()
    assert snapshot is not None
    inputs = store.inputs_of(snapshot)
    assert inputs is not None
    details = pd.DataFrame([account.details for account in store.all_scores_of(snapshot)])
    details = details.drop(columns="mrr").assign(as_of=pd.Timestamp(snapshot.as_of))
    return pd.concat([inputs.rows, details], axis=1)


@pytest.fixture
def run(workspace: TrainedWorkspace, tmp_path: Path) -> Run:
    """Scores rows into a store of its own, in chunks of 30."""

    def scored(
        rows: pd.DataFrame,
        registry: str = workspace.registry,
        jobs: int = 1,
        out: Path | None = None,
        per_chunk: int = 30,
    ) -> PublishedRows:
        file = tmp_path / "rows.parquet"
        rows.to_parquet(file)
        bulk = Bulk(file, tmp_path / "work", jobs, out=out)
        settings = (*LIGHT, f"serving.rows_per_chunk={per_chunk}")
        store = f"sqlite:///{tmp_path / 'rows.db'}"
        return score_rows(bulk, PARAMS, settings, Path(registry), store, NOW, lambda _: None)

    return scored


def history(url: str) -> dict[str, tuple[dict[str, Any], dict[str, Any]]]:
    store = ScoreStore(url)
    snapshot = store.newest_snapshot()
    assert snapshot is not None
    return {a.payload["account_id"]: (a.details, a.payload) for a in store.all_scores_of(snapshot)}


def test_rows_are_published_as_the_books_own_scoring_publishes_them(
    workspace: TrainedWorkspace, rows: pd.DataFrame, run: Run, tmp_path: Path
) -> None:
    done = run(rows.sample(frac=1.0, random_state=7), jobs=2)
    here, book = history(f"sqlite:///{tmp_path / 'rows.db'}"), history(workspace.store)
    assert done.chunks == 4
    assert sum(done.bands.values()) == len(here) == len(book)
    for account, (details, payload) in book.items():
        found = here[account]
        assert found[0] == details
        assert {k: v for k, v in payload.items() if k not in OF_THE_BOOK} == {
            k: v for k, v in found[1].items() if k not in OF_THE_BOOK
        }


@pytest.mark.parametrize("ending", ["parquet", "csv"])
def test_the_file_of_vitals_features_tells_whose_the_accounts_are(
    workspace: TrainedWorkspace, tmp_path: Path, ending: str
) -> None:
    file, url = tmp_path / f"features.{ending}", f"sqlite:///{tmp_path / 'rows.db'}"
    features_to_file(workspace.book, None, file, PARAMS, (), lambda _: None)
    asked = ["score", "--rows", file, "--registry", workspace.registry, "--store", url]
    assert answer(*asked, "--work", tmp_path / "work", "--jobs", 1)["without"] == {"owner": 0, "segment": 0}
    here, book = history(url), history(workspace.store)
    for account, (details, _) in book.items():
        assert {**here[account][0], "mrr": None} == {**details, "mrr": None}
    owner = next(details["owner"] for details, _ in book.values())
    store = ScoreStore(url).seen_by(owner)
    newest = store.newest_snapshot()
    assert newest is not None
    assert set(store.account_ids_of(newest)) >= {
        account for account, (details, _) in book.items() if details["owner"] == owner
    }


def test_rows_that_tell_no_owner_are_published_and_the_command_says_who_does_not_see_them(
    rows: pd.DataFrame, run: Run
) -> None:
    done = run(rows.drop(columns="segment").assign(owner=["csm-1", "", *[None] * (len(rows) - 2)]))
    count = len(rows)
    assert done.as_dict()["without"] == {"owner": count - 1, "segment": count}
    told = done.as_text().splitlines()
    assert f"{count - 1} of {count} accounts came without owner: no key that is limited" in told[2]
    assert f"{count} of {count} accounts came without segment" in told[3]
    assert "vitals features" in told[4]
    assert "without" not in run(rows).as_text()


def test_a_cell_of_a_csv_is_the_text_that_it_is(rows: pd.DataFrame, tmp_path: Path) -> None:
    file = tmp_path / "rows.csv"
    told = rows.head(2).assign(account_id=["007", "NA"], region=["NA", None], name=["1e3", "null"])
    told.to_csv(file, index=False)
    read = LocalRows(file, 1).rows
    assert read["account_id"].tolist() == ["007", "NA"]
    assert read["region"].isna().tolist() == [False, True]
    assert read["region"][0] == "NA"
    assert read["name"].tolist() == ["1e3", "null"]


def test_what_they_were_scored_from_is_kept_to_the_bit(
    workspace: TrainedWorkspace, rows: pd.DataFrame, run: Run, tmp_path: Path
) -> None:
    done = run(rows)
    kept, book = ScoreStore(f"sqlite:///{tmp_path / 'rows.db'}"), ScoreStore(workspace.store)
    newest = book.newest_snapshot()
    assert newest is not None
    mine, theirs = kept.inputs_of(done.snapshot), book.inputs_of(newest)
    assert mine is not None
    assert theirs is not None
    pd.testing.assert_frame_equal(mine.rows, theirs.rows)
    assert mine.rule == theirs.rule


def test_a_chunk_is_the_same_bytes_in_whatever_order_its_rows_come(
    workspace: TrainedWorkspace, rows: pd.DataFrame
) -> None:
    scorer = load_scorer(Path(workspace.registry), PARAMS)
    names = tuple(name for name in rows.columns if name in scorer.feature_names)
    told = Told(scorer, 5, {"as_of": "2026-11-01T00:00:00Z"}, names)
    shuffled = rows.sample(frac=1.0, random_state=1)
    assert scored_chunk(rows, told) == scored_chunk(shuffled, told)


def test_an_interrupted_run_goes_on_with_the_chunks_that_are_missing(
    rows: pd.DataFrame, run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    scored: list[int] = []

    def ends_at_the_third(rows: pd.DataFrame, told: Told) -> bytes:
        if len(scored) == 2:
            raise KeyboardInterrupt
        scored.append(len(rows))
        return scored_chunk(rows, told)

    with monkeypatch.context() as patched:
        patched.setattr(local_rows, "scored_chunk", ends_at_the_third)
        with pytest.raises(KeyboardInterrupt):
            run(rows)
    assert ScoreStore(f"sqlite:///{tmp_path / 'rows.db'}").newest_snapshot() is None
    done = run(rows)
    assert (done.kept, done.chunks) == (2, 4)
    assert len(history(f"sqlite:///{tmp_path / 'rows.db'}")) == len(rows)
    assert not list((tmp_path / "work").iterdir())


def interrupt_publication(rows: pd.DataFrame, run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    """All chunks are scored and wait; then somebody presses Ctrl-C while they are published."""

    def fails(*_: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr("serving.history.store.write_inputs", fails)
        with pytest.raises(KeyboardInterrupt):
            run(rows)


def test_chunks_of_another_size_are_not_gone_on_with(
    rows: pd.DataFrame, run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    interrupt_publication(rows, run, monkeypatch)
    done = run(rows, per_chunk=20)
    assert (done.kept, done.chunks) == (0, 5)
    assert len(history(f"sqlite:///{tmp_path / 'rows.db'}")) == len(rows)


def test_an_interrupted_publication_leaves_nothing_and_loses_no_chunk(
    rows: pd.DataFrame, run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    interrupt_publication(rows, run, monkeypatch)
    assert ScoreStore(f"sqlite:///{tmp_path / 'rows.db'}").newest_snapshot() is None
    assert run(rows).kept == 4


def test_the_same_rows_are_not_published_twice(rows: pd.DataFrame, run: Run) -> None:
    assert run(rows).snapshot == run(rows).snapshot


def test_without_a_champion_the_rule_says_what_is_typical_of_all_rows_and_not_of_a_chunk(
    rows: pd.DataFrame, run: Run, tmp_path: Path
) -> None:
    done = run(rows, registry=str(tmp_path / "empty"))
    assert done.snapshot.model["kind"] == "rule"
    drivers = [
        d for _, payload in history(f"sqlite:///{tmp_path / 'rows.db'}").values() for d in payload["drivers"]
    ]
    usual = {(d["feature"], d["typical"]) for d in drivers if d["typical_of"] == "portfolio"}
    assert usual
    medians = rows.median(numeric_only=True)
    assert all(typical == round(medians[feature], 4) for feature, typical in usual)


def test_everything_that_is_wrong_with_the_rows_is_said_at_once(rows: pd.DataFrame, run: Run) -> None:
    wrong = rows.assign(nps="10", seats_left=3)
    wrong.loc[1, "account_id"] = rows.loc[0, "account_id"]
    wrong.loc[2, "account_id"] = None
    wrong.loc[3, "as_of"] = pd.Timestamp("2026-10-01", tz="UTC")
    wrong["sticky_feature_user_share_30d"] = "much"
    with pytest.raises(DataFault) as refused:
        run(wrong)
    fields = {fault.field for fault in refused.value.faults}
    assert fields == {"column", "account_id", "as_of", "sticky_feature_user_share_30d"}
    assert {"nps", "seats_left"} <= {fault.value for fault in refused.value.faults}


@pytest.mark.parametrize("ending", ["parquet", "csv"])
def test_the_file_of_rows_is_the_file_of_the_book(
    workspace: TrainedWorkspace, rows: pd.DataFrame, run: Run, tmp_path: Path, ending: str
) -> None:
    file = tmp_path / f"health.{ending}"
    run(rows.assign(name=["=1+1", *rows["name"][1:]]), out=file)
    store = ScoreStore(workspace.store)
    snapshot = store.newest_snapshot()
    assert snapshot is not None
    book = pd.DataFrame(list(flat_rows(store.all_scores_of(snapshot)))).set_index("account_id")
    found = pd.read_parquet(file) if ending == "parquet" else pd.read_csv(file)
    found = found.set_index("account_id").sort_index()
    assert found["name"].iloc[0] == ("=1+1" if ending == "parquet" else "'=1+1")
    assert set(found.columns) == set(book.columns)
    for name in ("health", "low", "mrr", "driver_1", "driver_5", "driver_5_points", "owner", "band"):
        assert found[name].tolist() == book[name].tolist()


@pytest.mark.parametrize("column", ["account_id", "as_of"])
def test_a_file_without_a_key_is_refused_by_name(rows: pd.DataFrame, run: Run, column: str) -> None:
    with pytest.raises(VitalsFault, match=column):
        run(rows.drop(columns=column))


def test_a_file_that_is_no_table_is_refused(tmp_path: Path) -> None:
    (tmp_path / "rows.parquet").write_text("=1+1")
    asked = ["score", "--rows", str(tmp_path / "rows.parquet"), "--store", f"sqlite:///{tmp_path / 'v.db'}"]
    done = CliRunner().invoke(app, [*asked, "--json"])
    assert done.exit_code == 2
    assert json.loads(done.stdout)["errors"][0]["field"] == "--rows"


@pytest.mark.parametrize(
    ("options", "named"),
    [
        (["--jobs", "2"], "--jobs"),
        (["--engine", "spark"], "--engine"),
        (["--rows", "r.parquet", "--as-of", "2026-10-31"], "--as-of"),
    ],
)
def test_options_that_do_not_go_together_are_refused(options: list[str], named: str) -> None:
    done = CliRunner().invoke(app, ["score", *options, "--json"])
    assert done.exit_code == 2
    assert [fault["field"] for fault in json.loads(done.stdout)["errors"]] == [named]


def test_a_column_that_vanished_is_flagged_by_all_rows_together(
    workspace: TrainedWorkspace, rows: pd.DataFrame, run: Run, tmp_path: Path
) -> None:
    usual = load_scorer(Path(workspace.registry), PARAMS).usual
    gone = next(name for name, was in usual.items() if was["missing"] == 0)
    run(rows.assign(**{gone: float("nan")}))
    found = history(f"sqlite:///{tmp_path / 'rows.db'}").values()
    flags = {tuple(payload["vanished"]) for _, payload in found}
    assert len(flags) == 1
    assert gone in flags.pop()
