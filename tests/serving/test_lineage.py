"""A published score names what it was made from, and comes out again to the bit or says why not."""

from __future__ import annotations

import shutil
import sqlite3
from collections.abc import Iterator
from pathlib import Path

import pandas as pd
import pytest
from sqlalchemy import delete

from features.faults import DataFault, WrongUse
from features.params_file import read_section
from serving.api.problems import Problem
from serving.batch.publishing import score_and_publish
from serving.gaming.gaming_params import GamingParams
from serving.history.store import ScoreStore
from serving.lineage.lineage_answer import Lineage, lineage_of
from serving.lineage.lineage_tables import PARTS, read_lineage, snapshot_lineage
from serving.lineage.made_from import params_part
from serving.lineage.part_differences import Difference
from serving.lineage.replay import from_what_was_kept
from serving.params import ServingParams
from tests.serving.trained_workspace import LIGHT, NOW, PARAMS, TrainedWorkspace, workspace
from training.all_params import AllParams

pytestmark = pytest.mark.long

__all__ = ["workspace"]
FROM_KEPT, FROM_BOOK = "from the kept features", "from the book"


def today(*overrides: str) -> dict[str, object]:
    limits = read_section(PARAMS, "serving", ServingParams, overrides)
    return params_part(AllParams.read(PARAMS, overrides), limits, GamingParams())


@pytest.fixture
def copied(workspace: TrainedWorkspace, tmp_path: Path) -> Iterator[ScoreStore]:
    """A store of one's own."""
    shutil.copy(workspace.store.removeprefix("sqlite:///"), tmp_path / "vitals.db")
    store = ScoreStore(f"sqlite:///{tmp_path / 'vitals.db'}")
    store.prepare()
    yield store
    store.close()


def an_account(store: ScoreStore) -> str:
    snapshot = store.newest_snapshot()
    assert snapshot is not None
    return str(store.all_scores_of(snapshot)[7].payload["account_id"])


def of(store: ScoreStore, registry: str | Path, book: Path | None = None, *overrides: str) -> Lineage:
    return lineage_of(store, Path(registry), an_account(store), None, today(*overrides), book)


def test_every_account_comes_out_again_to_the_bit_from_what_was_kept(
    workspace: TrainedWorkspace, copied: ScoreStore
) -> None:
    snapshot = copied.newest_snapshot()
    assert snapshot is not None
    with copied.begin() as connection:
        parts = read_lineage(connection, snapshot.id)
    assert parts is not None
    again = from_what_was_kept(copied, snapshot, parts, Path(workspace.registry))
    assert again == {a.payload["account_id"]: a.payload for a in copied.all_scores_of(snapshot)}


def test_the_book_gives_the_same_bits_again_and_an_edit_of_the_past_is_named(
    workspace: TrainedWorkspace, copied: ScoreStore, tmp_path: Path
) -> None:
    book = Path(shutil.copytree(workspace.book, tmp_path / "book"))
    same = of(copied, workspace.registry, book)
    assert same.same
    assert [part.name for part in same.parts] == list(PARTS)
    assert all(part.differing == () for part in same.parts)
    assert "replayed from the book: the same to the bit" in same.as_text()

    tickets = pd.read_parquet(book / "tickets.parquet")
    mine = tickets["account_id"] == an_account(copied)
    tickets.loc[mine, "severity"] = "critical"
    tickets.to_parquet(book / "tickets.parquet")
    edited = of(copied, workspace.registry, book)
    by_way = {replay.way: replay for replay in edited.replays}
    assert by_way[FROM_KEPT].same
    assert not by_way[FROM_BOOK].same
    assert not edited.same
    told = {one.field for one in edited.parts[0].differing or ()}
    assert {"tables.tickets.digest", "features"} == told
    causes = [cause.field for cause in by_way[FROM_BOOK].causes]
    assert "ticket_severity_90d (from tickets)" in causes
    assert all("tickets" in cause for cause in causes)


def test_a_parameter_that_differs_today_is_told_and_the_kept_one_is_replayed(
    workspace: TrainedWorkspace, copied: ScoreStore
) -> None:
    found = of(copied, workspace.registry, None, "rule.bands.green=97")
    assert found.parts[1].differing == (Difference("rule.bands.green", 85.0, 97.0),)
    assert found.same
    assert "rule.bands.green: 85.0 then, 97.0 now" in found.as_text()
    assert found.as_dict()["parts"]["data"]["not_compared"] == "no book was read"


def test_a_missing_model_is_said_and_nothing_is_replayed(
    workspace: TrainedWorkspace, copied: ScoreStore, tmp_path: Path
) -> None:
    gone = of(copied, tmp_path / "nowhere")
    assert not gone.same
    assert "version 1 of the model is 'not there'" in str(gone.replays[0].fault)
    registry = workspace.copied_registry(tmp_path)
    [manifest] = registry.rglob("bundle/manifest.json")
    manifest.write_text(manifest.read_text().replace(" ", "  ", 1) + " ")
    other = of(copied, registry)
    assert "another bundle, sha256" in str(other.replays[0].fault)
    assert other.parts[4].differing
    assert "bundle: " in other.as_text()


def test_what_was_altered_in_the_store_is_found(workspace: TrainedWorkspace, copied: ScoreStore) -> None:
    file = copied._engine.url.database
    assert file is not None
    with sqlite3.connect(file) as raw:
        raw.execute("DROP TRIGGER score_inputs_no_update")
        raw.execute("UPDATE score_inputs SET feature_values = zeroblob(length(feature_values))")
    assert "features is 'altered since'" in str(of(copied, workspace.registry).replays[0].fault)
    with sqlite3.connect(file) as raw:
        raw.execute("DROP TRIGGER lineage_parts_no_update")
        raw.execute("""UPDATE lineage_parts SET content = replace(content, '"green":85.0', '"green":80.0')""")
    with pytest.raises(DataFault, match=r"params of snapshot 1 is '[0-9a-f]{12}'; allowed: a document"):
        of(copied, workspace.registry)


def test_a_score_from_before_lineage_was_kept_says_so_and_gets_it_when_it_is_scored_again(
    workspace: TrainedWorkspace, copied: ScoreStore
) -> None:
    with copied.writing() as connection:
        connection.exec_driver_sql("DROP TRIGGER snapshot_lineage_no_delete")
        connection.execute(delete(snapshot_lineage))
    with pytest.raises(WrongUse, match="allowed: one that was published with its lineage"):
        of(copied, workspace.registry)
    folders, url = (Path(workspace.book), Path(workspace.registry)), str(copied._engine.url)
    done = score_and_publish(folders[0], None, PARAMS, LIGHT, folders[1], url, None, NOW, lambda _: None)
    assert done.snapshot.id == 1
    assert of(copied, workspace.registry).same


def test_the_rules_own_scores_come_out_again_whatever_is_published_of_earlier_dates_later(
    workspace: TrainedWorkspace, tmp_path: Path
) -> None:
    url, none = f"sqlite:///{tmp_path / 'vitals.db'}", tmp_path / "none"
    for as_of in ("2026-10-31", "2026-10-30"):  # the later date first: it was published without a past
        score_and_publish(Path(workspace.book), as_of, PARAMS, LIGHT, none, url, None, NOW, lambda _: None)
    store = ScoreStore(url)
    found = of(store, none)
    assert found.payload["model"]["kind"] == "rule"
    assert found.same
    with pytest.raises(WrongUse, match=r"--snapshot is 9; allowed: the number of a published snapshot"):
        lineage_of(store, none, "A-000001", 9, today(), None)
    with pytest.raises(Problem, match="account_id is 'nobody'"):
        lineage_of(store, none, "nobody", None, today(), None)
    store.close()
