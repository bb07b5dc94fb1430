"""The macro loop from texts to the answer: whose words count, when, and who may read them."""

from __future__ import annotations

import csv
import io
import re
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from starlette.testclient import TestClient

from serving.history.store import ScoreStore
from serving.themes.theme_payloads import ThemeSentencesResponse, ThemesResponse
from tests.command_runs import answer, refused, run
from tests.features.literal_book import at
from tests.serving.conftest import NewKey, Publish
from tests.serving.fake_scorer import MODEL
from tests.serving.test_key_door import ask
from tests.serving.theme_books import COMPETITOR, SERVICE, Speaker, publish_speakers
from tests.serving.trained_workspace import TrainedWorkspace, workspace

__all__ = ["workspace"]


def themes(client: TestClient, **query: str | int) -> dict[str, Any]:
    found = client.get("/v1/themes", params=query)
    assert found.status_code == 200, found.text
    ThemesResponse.model_validate(found.json())
    return {each["theme"]: each for each in found.json()["themes"]}


def sentences(client: TestClient, **query: str | int) -> list[dict[str, Any]]:
    found = client.get("/v1/themes/sentences", params=query)
    assert found.status_code == 200, found.text
    ThemeSentencesResponse.model_validate(found.json())
    assert found.json()["total"] >= len(found.json()["sentences"])
    said: list[dict[str, Any]] = found.json()["sentences"]
    return said


def loud_and_quiet() -> list[Speaker]:
    """Fifteen healthy accounts that write six tickets each, four that are about to leave and hardly speak."""
    loud = [Speaker(f"L-{n:02d}", 0.05 + n / 1000, tickets=[SERVICE] * 6) for n in range(15)]
    quiet = [Speaker(f"Q-{n}", 0.6, notes=[COMPETITOR]) for n in range(4)]
    return [*loud, *quiet, *(Speaker(f"S-{n}", 0.06) for n in range(6))]


def test_the_loud_harmless_theme_ranks_below_the_quiet_harmful_one(
    client: TestClient, store: ScoreStore
) -> None:
    publish_speakers(store, *loud_and_quiet())
    found = themes(client)
    quiet, loud = found["competitor"], found["service"]
    assert (quiet["accounts"], quiet["mentions"], loud["accounts"], loud["mentions"]) == (4, 4, 15, 90)
    assert quiet["rank"] == 1 < loud["rank"]
    assert quiet["interval"][0] > 0 > loud["interval"][1]
    assert loud["expected_loss"] < loud["revenue"]


def test_an_account_counts_once_however_many_texts_it_wrote(client: TestClient, store: ScoreStore) -> None:
    publish_speakers(store, Speaker("A", 0.5, notes=[SERVICE]), Speaker("B", 0.1))
    once = themes(client)["service"]
    publish_speakers(store, Speaker("A", 0.5, notes=[SERVICE] * 9, tickets=[SERVICE] * 9), Speaker("B", 0.1))
    often = themes(client)["service"]
    assert often | {"mentions": 1} == once
    assert (often["mentions"], often["revenue_at_risk"]) == (18, 240.0)  # (0.5 − 0.3) × 1,200


def test_what_is_denied_or_only_supposed_counts_for_nothing_and_is_said(
    client: TestClient, store: ScoreStore
) -> None:
    denied = ["No competitor was named.", "他们没有考虑其他供应商。"]
    publish_speakers(store, Speaker("A", 0.9, notes=denied), Speaker("B", 0.1, notes=[COMPETITOR]))
    found = themes(client)["competitor"]
    assert (found["accounts"], found["left_out"], found["revenue_at_risk"] < 0) == (1, {"negated": 2}, True)
    assert [each["account_id"] for each in sentences(client, theme="competitor")] == ["B"]


def test_the_sentences_are_those_with_most_at_risk_first_and_hold_the_very_words(
    client: TestClient, store: ScoreStore
) -> None:
    text = "Good call 😀.\nThey are piloting another platform; more on Monday. <script>alert(1)</script>"
    notes = [{"happened_at": at(2), "text": text, "role": "decision_maker"}]
    publish_speakers(store, Speaker("A", 0.2, notes=[COMPETITOR]), Speaker("B", 0.7, notes=notes))
    first, second = sentences(client, theme="competitor")
    assert (first["account_id"], first["role"], first["day"]) == ("B", "decision_maker", "2026-10-29")
    assert first["sentence"] == "They are piloting another platform;"
    for each in (first, second):
        assert each["sentence"][each["start"] : each["end"]] == each["words"] == "another platform"
    assert second["record_id"] == "A 0"


def test_words_of_another_segment_role_or_csm_are_left_out_and_the_book_stays(
    client: TestClient, store: ScoreStore
) -> None:
    by_role = [{"happened_at": at(2), "text": COMPETITOR, "role": "finance"}]
    publish_speakers(
        store,
        Speaker("A", 0.6, notes=by_role, segment="enterprise"),
        Speaker("B", 0.2, notes=[COMPETITOR], owner="csm-1"),
    )
    whole = themes(client)["competitor"]
    assert [each["segment"] for each in whole["segments"]] == ["enterprise", "smb"]
    assert sum(each["revenue_at_risk"] for each in whole["segments"]) == whole["revenue_at_risk"] == 0
    assert whole["roles"] == [{"role": "finance", "accounts": 1}, {"role": None, "accounts": 1}]
    for query in ({"segment": "enterprise"}, {"role": "finance"}, {"owner": "csm-0"}):
        part = themes(client, **query)["competitor"]
        assert (part["accounts"], part["revenue_at_risk"]) == (1, 240.0)
        assert [each["account_id"] for each in sentences(client, **query)] == ["A"]


def test_the_period_before_counts_what_was_known_by_its_end(client: TestClient, store: ScoreStore) -> None:
    early = {"happened_at": at(40), "text": COMPETITOR}
    late = {"happened_at": at(40), "recorded_at": at(5), "text": COMPETITOR}
    edge = {"happened_at": at(30), "text": SERVICE}
    publish_speakers(
        store,
        Speaker("A", 0.5, notes=[early]),
        Speaker("B", 0.5, notes=[late]),
        Speaker("C", 0.2, notes=[edge]),
    )
    found = themes(client, period=30)
    competitor = found["competitor"]
    assert (competitor["accounts"], competitor["before"]["accounts"]) == (0, 1)
    assert competitor["change"]["value"] == -competitor["before"]["revenue_at_risk"]
    assert (found["service"]["accounts"], found["service"]["before"]["accounts"]) == (1, 0)
    assert themes(client, period=31)["service"]["accounts"] == 1
    assert themes(client, period=90)["competitor"]["accounts"] == 2


def test_a_limited_key_is_answered_of_its_own_accounts_as_if_there_were_no_others(
    client: TestClient, store: ScoreStore, new_key: NewKey
) -> None:
    own = [Speaker("A", 0.5, notes=[COMPETITOR]), Speaker("B", 0.1)]
    foreign = Speaker("X-canary", 0.9, 9_000.0, notes=[COMPETITOR], owner="csm-9")
    publish_speakers(store, *own, foreign)
    key = new_key("score:read", owner="csm-0")
    asked = ("/v1/themes", "/v1/themes/sentences")
    among_others = [ask(client, key, path=path).json() for path in asked]
    publish_speakers(store, *own)
    alone = [ask(client, key, path=path).json() for path in asked]
    for each in (*among_others, *alone):
        each.pop("snapshot")
    assert among_others == alone
    assert among_others[0]["bases"] == [{"segment": None, "accounts": 2, "probability": 0.3}]
    refusals = [
        ask(client, key, path=f"/v1/themes/sentences?account_id={name}").status_code
        for name in ("X-canary", "X-nobody", "A")
    ]
    assert refusals == [404, 404, 200]


def test_an_account_that_changed_hands_is_counted_for_its_new_owner_of_every_date(
    client: TestClient, store: ScoreStore, new_key: NewKey
) -> None:
    stays = Speaker("B", 0.1, notes=[SERVICE])
    publish_speakers(store, stays, Speaker("A", 0.5, 900.0, notes=[COMPETITOR]), as_of="2026-10-31")
    keys = {owner: new_key("score:read", name=owner, owner=owner) for owner in ("csm-0", "csm-1")}

    def counted() -> dict[str, tuple[int, float]]:
        path = "/v1/themes?as_of=2026-10-31"
        found = {owner: ask(client, key, path=path).json() for owner, key in keys.items()}
        return {
            owner: (each["accounts"], sum(theme["revenue"] for theme in each["themes"]))
            for owner, each in found.items()
        }

    assert counted() == {"csm-0": (2, 12_000.0), "csm-1": (0, 0.0)}
    handed_over = Speaker("A", 0.5, 900.0, owner="csm-1").scored()
    store.publish_snapshot(
        [stays.scored(), handed_over],
        as_of=datetime(2026, 11, 30, tzinfo=UTC),
        published_at=datetime(2026, 12, 1, tzinfo=UTC),
        model=MODEL,
        data_fingerprint="",
    )
    assert counted() == {"csm-0": (1, 1_200.0), "csm-1": (1, 10_800.0)}


def test_a_key_without_the_scope_is_refused(client: TestClient, new_key: NewKey) -> None:
    assert ask(client, new_key("cases:read"), path="/v1/themes").status_code == 403


def test_pages_follow_one_another_and_stay_on_their_snapshot(client: TestClient, store: ScoreStore) -> None:
    publish_speakers(store, *(Speaker(f"A-{n}", 0.1 * n, notes=[COMPETITOR]) for n in range(5)))
    path, ids = "/v1/themes/sentences?limit=2", []
    for _ in range(3):
        page = client.get(path).json()
        ids += [each["account_id"] for each in page["sentences"]]
        path = f"/v1/themes/sentences?limit=2&cursor={page['next_cursor']}"
    assert (ids, page["next_cursor"]) == ([f"A-{n}" for n in (4, 3, 2, 1, 0)], None)


def test_a_cursor_goes_on_with_what_its_pages_were_begun_with_and_refuses_anything_else(
    client: TestClient, store: ScoreStore
) -> None:
    noted = [Speaker(f"A-{n}", 0.1 * n, notes=[COMPETITOR], tickets=[SERVICE]) for n in range(5)]
    publish_speakers(store, *noted)
    path, begun = "/v1/themes/sentences?limit=2", "&theme=competitor&segment=smb&period=30"
    cursor = client.get(path + begun).json()["next_cursor"]
    alone, repeated = (client.get(f"{path}{asked}&cursor={cursor}").json() for asked in ("", begun))
    assert alone == repeated
    assert (alone["total"], {each["theme"] for each in alone["sentences"]}) == (5, {"competitor"})
    other = f"{path}&theme=service&role=user&period=90&cursor={cursor}"
    refused = {each["field"]: each["allowed"] for each in client.get(other).json()["errors"]}
    assert refused == {
        "theme": "competitor, as the cursor's pages",
        "role": "none, as the cursor's pages",
        "period": "30, as the cursor's pages",
    }
    dated = client.get(f"{path}&as_of=2020-01-01&cursor={cursor}")
    assert (dated.status_code, dated.json()["errors"][0]["field"]) == (422, "as_of")
    assert client.get(f"{path}&as_of=2026-10-31&cursor={cursor}").json() == alone


def test_nothing_said_is_an_answer_and_nothing_kept_a_refusal(
    client: TestClient, store: ScoreStore, publish: Publish
) -> None:
    assert client.get("/v1/themes").json()["type"] == "urn:vitals:problem:no-snapshot"
    publish()
    refusal = client.get("/v1/themes")
    assert (refusal.status_code, refusal.json()["type"]) == (404, "urn:vitals:problem:themes-not-kept")
    assert refusal.json()["errors"][0]["next"] == "score the book anew: vitals score data/book"
    publish_speakers(store, Speaker("A", 0.2), Speaker("B", 0.2, None))
    assert {each["accounts"] for each in themes(client).values()} == {0}
    assert sentences(client) == []
    assert client.get("/v1/themes").json()["accounts_without_revenue"] == 1


@pytest.mark.parametrize(
    ("path", "query", "fields"),
    [
        ("/v1/themes", "period=6&role=boss&segment=", ["period", "role", "segment"]),
        ("/v1/themes", "period=1e2", ["period"]),
        ("/v1/themes", "period=-30&periode=3", ["periode", "period"]),
        ("/v1/themes", "period=９０", ["period"]),
        ("/v1/themes", "as_of=yesterday&owner=%00", ["owner", "as_of"]),
        ("/v1/themes/sentences", "theme=qualiti&limit=0&cursor=x", ["theme", "limit", "cursor"]),
        ("/v1/themes/sentences", "account_id=%01&theme=quality&theme=service", ["theme", "account_id"]),
    ],
)
def test_every_fault_of_a_query_is_named_at_once(
    client: TestClient, path: str, query: str, fields: list[str]
) -> None:
    found = client.get(f"{path}?{query}")
    assert found.status_code == 422
    assert [each["field"] for each in found.json()["errors"]] == fields


HOSTILE = "=cmd|calc!A1 another platform | <img src=x onerror=alert(1)> [a](javascript:1) \x1b[31m`x`"


def written_store(tmp_path: Path) -> str:
    url = f"sqlite:///{tmp_path / 'themes.db'}"
    store = ScoreStore(url)
    store.prepare()
    publish_speakers(store, Speaker("=A-1", 0.6, notes=[HOSTILE]), Speaker("B", 0.1, notes=["价格太贵了。"]))
    store.close()
    return url


def test_an_export_computes_nothing_and_marks_up_nothing(tmp_path: Path) -> None:
    url, page, sheet = written_store(tmp_path), tmp_path / "out" / "t.md", tmp_path / "t.csv"
    assert run("themes", "--out", page, "--lang", "zh", "--store", url).exit_code == 0
    text = page.read_text(encoding="utf-8")
    assert "## 竞争对手" in text
    assert "价格或预算" in text
    [said] = [line for line in text.splitlines() if line.startswith("- ") and "platform" in line]
    assert re.findall(r"(?<!\\)[<>`\[\]|_#]", said) == []
    assert "\x1b" not in text
    assert run("themes", "--out", sheet, "--theme", "competitor", "--store", url).exit_code == 0
    [line] = csv.DictReader(io.StringIO(sheet.read_text(encoding="utf-8-sig"), newline=""))
    assert line["account_id"] == "'=A-1"
    assert line["sentence"].startswith("'=cmd")
    assert run("themes", "--out", sheet, "--store", url).exit_code == 0
    lines = list(csv.DictReader(io.StringIO(sheet.read_text(encoding="utf-8-sig"), newline="")))
    assert [each["theme"] for each in lines][:2] == ["competitor", "price_budget"]
    assert len(lines) == 9


def test_the_terminal_shows_no_control_mark_of_a_customers(tmp_path: Path) -> None:
    url = written_store(tmp_path)
    shown = run("themes", "--theme", "competitor", "--store", url).stdout
    assert "[[another platform]]" in shown
    assert "\x1b" not in shown
    assert "竞争对手" in run("themes", "--lang", "zh", "--store", url).stdout
    assert answer("themes", "--store", url)["themes"][0]["theme"] == "competitor"


def test_the_command_refuses_in_one_paragraph_what_the_api_refuses(tmp_path: Path) -> None:
    url = written_store(tmp_path)
    said = refused(2, "themes", "--period", 1, "--theme", "qualty", "--store", url)
    assert "did you mean 'quality'?" in said
    assert "7 to 182" in said
    assert ".csv or .md" in refused(2, "themes", "--out", tmp_path / "t.xlsx", "--store", url)
    assert "vitals score" in refused(2, "themes", "--store", f"sqlite:///{tmp_path / 'none.db'}")


def test_a_published_book_keeps_its_themes(workspace: TrainedWorkspace) -> None:
    found = answer("themes", "--store", workspace.store)
    assert sum(each["accounts"] for each in found["themes"]) > 0
    assert found["accounts"] > 0
