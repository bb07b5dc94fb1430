"""The card of a version: made of what was logged, the same every time, and safe to show."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from features.faults import WrongUse
from tests.training.challengers import challenge
from tests.training.foretold import foretold
from training.all_params import AllParams
from training.model_card import card_of, model_card
from training.model_card_page import card_page, harmless
from training.promotion import promote
from training.registry import MODEL, tracking

HOSTILE = "<script>alert(1)</script>|[x](javascript:y)\n# `Größe` *企业*"
SECTIONS = [
    "# Vitals, version 2",
    "## Population",
    "## Compared on the same accounts and dates",
    "## By segment",
    "## What the data believe the pillars should weigh",
    "## Limits",
    "## Leakage checks",
    "## The gate",
    "## Stale when",
]


def told() -> pd.DataFrame:
    rows = foretold(seed=2)
    number = rows["account_id"].str[2:].astype(int)
    return rows.assign(segment=(number % 40 == 0).map({True: HOSTILE, False: "mid"}).mask(number % 5 == 1))


@pytest.fixture
def promoted(registry: Path, light: AllParams, tmp_path: Path) -> Path:
    challenge(registry, told(), tmp_path)
    assert promote(light.training, registry).promoted
    return registry


def rows_under(page: str, title: str) -> list[list[str]]:
    """The cells of the table in a section; a bar that is escaped parts none."""
    section = page.split(f"## {title}\n")[1].split("\n## ")[0]
    lines = [line for line in section.splitlines() if line.startswith("|") and "---" not in line]
    return [[cell.strip() for cell in re.split(r"(?<!\\)\|", line)[1:-1]] for line in lines]


def test_every_champion_gets_its_card_as_json_and_as_a_page(promoted: Path) -> None:
    card = card_of(None, promoted)
    with tracking(promoted) as client:
        run_id = client.get_model_version(MODEL, "2").run_id
        page = Path(client.download_artifacts(run_id, "card.md")).read_text(encoding="utf-8")
    assert page == card_page(card)
    assert [line for line in page.splitlines() if line.startswith("#")] == SECTIONS
    assert card == json.loads(json.dumps(card, allow_nan=False)) == card_of("2", promoted)


def test_the_same_version_gives_the_same_card(promoted: Path) -> None:
    logged = card_of("champion", promoted)
    with tracking(promoted) as client:
        again = model_card(client, "2", logged["gate"])
    assert json.dumps(again, sort_keys=True) == json.dumps(logged, sort_keys=True)


def test_it_says_who_was_judged_when_and_by_what_was_learned(promoted: Path, light: AllParams) -> None:
    card, rows = card_of(None, promoted), told()
    assert card["population"]["rows"] == len(rows)
    assert card["population"]["churned_accounts"] == rows.loc[rows["churned"] == 1, "account_id"].nunique()
    assert card["population"]["dates"] == ["2025-07-01", "2025-08-01", "2025-09-01", "2025-10-01"]
    assert (card["horizon"], card["answers"]) == ("120d", light.training.member)
    assert all(origin["learned_churns"] > 0 for origin in card["origins"])
    assert card["gate"]["verdicts"][0]["question"] == "was tested on several past dates"
    assert card["stale_when"][0].startswith("From 2027-01-30 on: 90 days of outcomes")


def test_each_segment_says_what_was_foretold_and_what_came(promoted: Path) -> None:
    card, rows = card_of(None, promoted), told()
    assert [s["segment"] for s in card["segments"]] == ["mid", "unknown", HOSTILE]
    mid, unknown, few = card["segments"]
    of_mid = rows[rows["segment"] == "mid"]
    assert mid["foretold"] == pytest.approx(of_mid["answer"].mean())
    assert mid["happened"]["value"] == pytest.approx(of_mid["churned"].mean())
    assert mid["happened"]["low"] < mid["happened"]["value"] < mid["happened"]["high"]
    assert mid["auc"]["low"] > 0.5
    assert unknown["accounts"] == 120
    assert few["auc"] is None
    assert "In 1 segments fewer than 10 accounts churned" in card["limits"][-1]


def test_customers_words_stay_in_their_cell_and_mean_nothing(promoted: Path) -> None:
    page = card_page(card_of(None, promoted))
    table = rows_under(page, "By segment")
    assert {len(row) for row in table} == {6}
    assert len(table) == 4
    shown = table[-1][0]
    assert "<" not in shown
    assert "\\[x\\]\\(javascript\\:y\\)" in shown
    assert "Größe" in shown
    assert "企业" in shown


@pytest.mark.parametrize(
    ("words", "shown"),
    [
        ("a" * 200, "a" * 79 + "…"),
        ("one\r\ntwo\x1b[31m\u202e", r"one  two \[31m "),
        ("https://x.io & <b>", r"https\:\/\/x\.io &amp; &lt;b&gt;"),
        (None, "None"),
    ],
)
def test_words_are_shown_as_they_are_and_no_more(words: object, shown: str) -> None:
    assert harmless(words) == shown


def test_a_version_that_never_stood_before_the_gate_has_a_card_too(registry: Path) -> None:
    card = card_of("challenger", registry)
    assert card["gate"] is None
    assert "It was never put to the gate." in card_page(card)
    assert card["leakage"][0]["code"] == "L01"
    assert {w["pillar"] for w in card["weights"]} == {"usage", "voice", "commercial", "service"}


def test_what_was_forced_says_why(registry: Path, light: AllParams, tmp_path: Path) -> None:
    challenge(registry, told().assign(answer=0.1), tmp_path)
    assert promote(light.training, registry, reason="agreed <i>today</i>").promoted
    page = card_page(card_of(None, registry))
    assert "**Forced**, because: agreed &lt;i&gt;today&lt;\\/i&gt;" in page
    assert "| FAILS | ranks better than chance |" in page


@pytest.mark.parametrize(("asked", "said"), [("9", "use one of: '1'"), (None, "run vitals promote")])
def test_a_version_that_is_not_there_is_refused(registry: Path, asked: str | None, said: str) -> None:
    with pytest.raises(WrongUse, match=said):
        card_of(asked, registry)


def test_a_run_that_noted_little_still_has_a_card(registry: Path, tmp_path: Path) -> None:
    """A version from before the splits and the checks were logged."""
    version = challenge(registry, told(), tmp_path, leakage=None)
    with tracking(registry) as client:
        document: dict[str, Any] = model_card(client, version)
    assert "It was trained before runs were checked" in card_page({**document, "origins": []})
