"""Planted gaming is named with its records, honest CSMs are not, and what is left out of a score is told."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pandas as pd
import pytest
from starlette.testclient import TestClient

from features.book import open_book
from features.params import CheckParams
from features.warehouse import Warehouse
from serving.api.payloads import Health
from serving.batch.publishing import score_and_publish
from serving.gaming.discount import discounted
from serving.gaming.gaming_params import GamingParams
from serving.gaming.gaming_report import gaming_report, watch_for_gaming
from serving.gaming.gaming_tables import keep_report, newest_report
from serving.gaming.suspicions import suspicions
from serving.history.store import ScoreStore
from tests.serving.conftest import NewKey
from tests.serving.pages.visiting import person
from tests.serving.trained_workspace import PARAMS
from training.simulation.book import simulate_book
from training.simulation.gamed_book import gamed
from training.simulation.params import SimulationParams

UNTIL = pd.Timestamp("2026-11-01", tz="UTC")
NOW = datetime(2026, 11, 1, 4, tzinfo=UTC)
GAMER = "csm-02"


@pytest.fixture(scope="module")
def book(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Five CSMs; one begs for nines and tens and has tickets closed that come back."""
    folder = tmp_path_factory.mktemp("gamed") / "book"
    simulate_book(SimulationParams(accounts=250, months=15, seed=3, paths=128), folder)
    names = ("accounts", "surveys", "notes", "tickets")
    tables = {name: pd.read_parquet(folder / f"{name}.parquet") for name in names}
    for kind in ("begged", "reopened"):
        tables = gamed(tables, kind, [GAMER], UNTIL, 1)
    for name in names:
        tables[name].to_parquet(folder / f"{name}.parquet")
    return folder


@pytest.fixture(scope="module")
def opened(book: Path) -> Warehouse:
    return open_book(book, CheckParams()).source


def test_who_games_is_named_with_the_very_records_and_nobody_else(book: Path, opened: Warehouse) -> None:
    report = gaming_report(opened, None, GamingParams())
    assert {one.csm for one in report.accused} == {GAMER}
    assert {"begged", "reopened"} <= {one.kind for one in report.accused}
    surveys = pd.read_parquet(book / "surveys.parquet").set_index("response_id")
    begged = next(one for one in report.accused if one.kind == "begged")
    assert (surveys.loc[begged.records["record"], "score"] >= 9).all()
    assert len(begged.records) == begged.suspicious
    text = report.as_text()
    assert f"{GAMER}: begged: {begged.suspicious} of {begged.opportunities}, " in text
    assert "An unlikely number is no proof" in text
    assert "shown only: health is scored with these records" in text


def test_before_it_happened_nobody_is_named(opened: Warehouse) -> None:
    before = UNTIL - pd.Timedelta(days=330)
    assert not any(one.accused for one in suspicions(opened, before, GamingParams()))


def test_few_records_name_nobody_however_unlikely(opened: Warehouse) -> None:
    many = GamingParams(fewest_records=10_000)
    assert not any(one.accused for one in suspicions(opened, UNTIL, many))


def test_what_is_left_out_is_told_and_tickets_stay(opened: Warehouse) -> None:
    assert discounted(opened, UNTIL, GamingParams()).source is opened
    found = discounted(opened, UNTIL, GamingParams(discount="leave_out"))
    gone = opened["surveys"].count().execute() - found.source["surveys"].count().execute()
    told = [line for lines in found.left_out.values() for line in lines]
    assert gone == sum(line["records"] for line in told if line["table"] == "surveys") > 0
    assert {line["kind"] for line in told} <= {"begged", "against use", "inflated", "pinged"}
    assert found.source["tickets"].count().execute() == opened["tickets"].count().execute()


@pytest.mark.long
def test_a_published_score_says_what_it_was_made_without(book: Path, tmp_path: Path) -> None:
    url, none = f"sqlite:///{tmp_path / 'vitals.db'}", tmp_path / "none"
    asked = ("gaming.discount=leave_out",)
    done = score_and_publish(book, None, PARAMS, asked, none, url, None, NOW, lambda _: None)
    told = {a.details["owner"]: a for a in done.scored.accounts if "left_out" in a.payload}
    assert set(told) == {GAMER}
    payload = told[GAMER].payload
    assert payload["left_out"][0]["kind"] == "begged"
    Health.model_validate(payload)


def test_the_page_names_them_and_a_csm_sees_only_what_is_about_themselves(
    client: TestClient, store: ScoreStore, new_key: NewKey, opened: Warehouse
) -> None:
    assert "Nobody has looked yet" in person(client, new_key).sees("/kpis")
    report = gaming_report(opened, None, GamingParams())
    with store.writing() as connection:
        keep_report(connection, "2026-11-01T00:00:00Z", report.as_dict(), NOW)
    page = person(client, new_key, name="li").sees("/kpis")
    assert "9s and 10s right after the CSM" in page
    assert report.accused[0].records["record"].iloc[0] in page
    assert "客户经理联系后随即给出9–10分" in person(client, new_key, name="wang").sees("/kpis?lang=zh")
    other = person(client, new_key, owner="csm-01", name="other").sees("/kpis")
    assert GAMER not in other
    with store.begin() as connection:
        assert (newest_report(connection, "csm-01") or {})["suspicions"] == []


def test_a_night_is_not_disturbed_by_a_book_that_cannot_be_read(store: ScoreStore, tmp_path: Path) -> None:
    watch_for_gaming(store, tmp_path / "none", CheckParams(), GamingParams(), NOW)
    with store.begin() as connection:
        assert newest_report(connection) is None
