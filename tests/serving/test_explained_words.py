"""`vitals explain`: groups, what is missing and what that does to the band, the rule; in two languages."""

from __future__ import annotations

from typing import Any

import pytest

from features.catalog import Language, load_catalog
from features.params import PILLARS, Windows
from serving.history.snapshots import ScoredAccount
from serving.history.store import ScoreStore
from serving.wording.account_words import BANDS
from serving.wording.explained_words import Setting, explained_in_words
from serving.wording.group_names import FAMILY, PILLAR
from tests.serving.trained_workspace import TrainedWorkspace, workspace

__all__ = ["workspace"]
CATALOG = {feature.name: feature for feature in load_catalog(Windows())}
SETTING = Setting(CATALOG, green=85.0)
LANGUAGES: tuple[Language, ...] = ("en", "zh")
THOUGH: dict[Language, str] = {"en": "though green begins at 85.0", "zh": "绿色自85.0起"}
INSTEAD: dict[Language, str] = {
    "en": "missing here, but never in training: ",
    "zh": "训练中从未缺失而此处缺失:",
}


def account(**changed: Any) -> ScoredAccount:
    rule = {
        "score": 63.2,
        "range": [58.0, 71.5],
        "band": "yellow",
        "base": 50.0,
        "drivers": [{"text": {"en": "They pay", "zh": "按时付款"}, "points": 10.0}],
        "other_points": 3.2,
        "pillar_points": {"usage": 3.2, "commercial": 10.0},
        "family_points": {"login": 3.2, "payment": 10.0, "nps": 0.0},
    }
    payload = {
        "model": {"kind": "learned"},
        "account_id": "A-000017",
        "health": 88.3,
        "interval": [79.1, 96.0],
        "range": [81.6, 93.4],
        "band": "yellow",
        "base_health": 90.9,
        "drivers": [{"text": {"en": "Nobody logs in", "zh": "无人登录"}, "points": -5.5}],
        "other_points": 2.9,
        "pillar_points": {"usage": -5.5, "voice": 2.9},
        "family_points": {"login": -5.5, "nps": 2.9, "depth": 0.0},
        "missing": ["nps_finance_365d", "gone_30d"],
        "missing_unseen": ["nps_finance_365d"],
        "stale": ["usage"],
        "rule": rule,
    }
    return ScoredAccount({}, payload | changed)


def test_the_whole_in_english() -> None:
    assert explained_in_words(account(), SETTING, "en").splitlines() == [
        "A-000017: health 88.3, yellow, 90% interval 79.1 to 96.0",
        "    90.9  starting from",
        "    -5.5  Nobody logs in",
        "    +2.9  everything else",
        "  by pillar: use -5.5, voice +2.9",
        "  by family: log-ins -5.5, NPS +2.9",
        "  missing (2): Finance NPS, gone_30d",
        "  were what is missing known, the health would be between 81.6 and 93.4",
        "  yellow, though green begins at 85.0: it must hold with all that is missing at its worst, and that "
        "would be 81.6",
        "  missing here, but never in training: Finance NPS. A typical value stands in; "
        "the interval is wider",
        "  nothing new for longer than it should take: usage",
        "  rule score 63.2 (yellow), between 58.0 and 71.5 under missing evidence",
        "      50.0  starting from",
        "     +10.0  They pay",
        "      +3.2  everything else",
        "    by pillar: use +3.2, commercial +10.0",
        "    by family: payment +10.0, log-ins +3.2",
    ]


def test_the_whole_in_chinese() -> None:
    said = explained_in_words(account(), SETTING, "zh")
    for part in (
        "按支柱:使用 -5.5、声音 +2.9",
        "按类别:登录 -5.5、NPS +2.9",
        "缺失(2项):财务NPS、gone_30d",
        "绿色自85.0起,仍为黄色:缺失信息全取最差时也须达标,而那时仅为81.6",
        "训练中从未缺失而此处缺失:财务NPS。",
        "规则分63.2(黄色)",
    ):
        assert f"\n  {part}" in said
    assert "\n     +10.0  按时付款" in said


@pytest.mark.parametrize("language", LANGUAGES)
def test_where_green_is_not_missed_for_missing_evidence_nothing_of_it_is_said(language: Language) -> None:
    others: list[dict[str, Any]] = [
        {"health": 84.9},  # too low in any case
        {"band": "green", "range": [85.0, 93.4]},
        {"override": {"band": "red"}},  # a person's, and no matter of evidence
    ]
    for changed in others:
        assert THOUGH[language] not in explained_in_words(account(**changed), SETTING, language)
    assert THOUGH[language] not in explained_in_words(account(), Setting(CATALOG, None), language)


def test_what_does_not_apply_is_not_listed() -> None:
    said = explained_in_words(account(missing=[], missing_unseen=[], stale=[]), SETTING, "en")
    assert "\n  nothing is missing\n" in said
    for part in ("never in training", "nothing new", "were what is missing"):
        assert part not in said


def test_where_the_rule_answers_its_drivers_are_not_told_twice() -> None:
    said = explained_in_words(account(model={"kind": "rule"}), SETTING, "en")
    assert said.splitlines()[-1].startswith("  rule score 63.2")


def test_what_a_person_wrote_reaches_no_terminal() -> None:
    evil = {"text": {"en": "csm set it: \x1b[31mred\nA-1: health 99"}, "points": 0.0}
    said = explained_in_words(account(drivers=[evil]), SETTING, "en")
    assert "\x1b" not in said
    assert not any(line.startswith("A-1") for line in said.splitlines())


def test_every_group_of_the_catalogue_has_a_name() -> None:
    assert {feature.family for feature in CATALOG.values()} == set(FAMILY)
    assert set(PILLARS) == set(PILLAR)


@pytest.mark.parametrize("language", LANGUAGES)
def test_over_a_whole_book_all_that_is_missing_is_named_and_no_green_is_withheld_in_silence(
    workspace: TrainedWorkspace, language: Language
) -> None:
    store = ScoreStore(workspace.store)
    snapshot = store.newest_snapshot()
    assert snapshot is not None
    told = withheld = 0
    for one in store.all_scores_of(snapshot):
        said, p = explained_in_words(one, SETTING, language), one.payload
        assert all(getattr(CATALOG[name].title, language) in said for name in p["missing"])
        assert (THOUGH[language] in said) == (p["health"] >= 85 and p["band"] != "green")
        assert (INSTEAD[language] in said) == bool(p["missing_unseen"])
        assert f"{p['rule']['score']:.1f}({BANDS[language][p['rule']['band']]})" in said.replace(" (", "(")
        assert not set("{}") & set(said)
        told += len(p["missing"])
        withheld += p["health"] >= 85 and p["band"] != "green"
    store.close()
    assert told > 0
    assert withheld > 0
