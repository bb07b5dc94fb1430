from __future__ import annotations

import csv
import io
import re
from html import unescape

import pytest
from starlette.testclient import TestClient

from serving.history.store import ScoreStore
from tests.serving.conftest import NewKey, Publish
from tests.serving.pages.visiting import HOSTILE, person
from tests.serving.theme_books import COMPETITOR, SERVICE, Speaker, publish_speakers

SPEAKERS = (
    *(Speaker(f"Q-{n}", 0.6, notes=[COMPETITOR], owner=f"csm-{n % 2}") for n in range(6)),
    *(Speaker(f"L-{n}", 0.05, tickets=[SERVICE] * 3, segment="mid") for n in range(8)),
)


def words(page: str) -> str:
    return unescape(re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", page)))


def test_the_ranking_tells_each_theme_as_the_api_does_and_opens_its_sentences(
    client: TestClient, new_key: NewKey, store: ScoreStore
) -> None:
    publish_speakers(store, *SPEAKERS)
    told = {each["theme"]: each for each in client.get("/v1/themes").json()["themes"]}
    maria = person(client, new_key)
    page = maria.sees("/themes")
    for name in ("competitor", "service"):
        each = told[name]
        low, high = each["interval"]
        assert f"{each['revenue_at_risk']:,.0f} {low:,.0f} – {high:,.0f}" in words(page)
        [address] = re.findall(rf'<th scope="row"><a href="(/themes/sentences\?[^"]*about={name})"', page)
        said = words(maria.sees(unescape(address)))
        assert f"{each['mentions']} sentences" in said


def test_the_sentences_stand_with_the_words_marked_and_lead_to_the_account(
    client: TestClient, new_key: NewKey, store: ScoreStore
) -> None:
    publish_speakers(store, *SPEAKERS)
    page = person(client, new_key).sees("/themes/sentences?about=competitor&lang=zh")
    [sentence, *_] = re.findall(r'<bdi class="said">(.*?)</bdi>', page)
    assert words(sentence).replace(" ", "") == COMPETITOR.replace(" ", "")
    assert 0 < len(re.findall(r"<mark>(.*?)</mark>", sentence)[0]) < len(COMPETITOR)
    assert 'href="/accounts/Q-0"' in page
    assert "<h1>竞争对手</h1>" in page


def test_later_sentences_follow_on_the_next_page(
    client: TestClient, new_key: NewKey, store: ScoreStore
) -> None:
    publish_speakers(store, *SPEAKERS)
    maria = person(client, new_key)
    page = maria.sees("/themes/sentences?about=service&limit=20")
    [later] = re.findall(r'rel="next" href="([^"]+)"', page)
    rest = maria.sees(unescape(later))
    assert (page.count("<mark>"), rest.count("<mark>"), 'rel="next"' in rest) == (20, 4, False)


def test_the_exports_hold_what_the_page_shows_and_no_formula(
    client: TestClient, new_key: NewKey, store: ScoreStore
) -> None:
    hostile = "=cmd|'/c calc'!A1 They are piloting another platform."
    publish_speakers(store, *SPEAKERS, Speaker("H", 0.9, notes=[hostile]))
    maria = person(client, new_key)
    found = maria.client.get("/themes/sentences.csv?about=competitor&segment=&owner=")
    assert found.headers["content-disposition"].startswith('attachment; filename="sentences-competitor-')
    rows = list(csv.DictReader(io.StringIO(found.text.lstrip("\ufeff"))))
    assert len(rows) == 7
    assert not any(row["sentence"].startswith("=") for row in rows)
    ranking = list(csv.DictReader(io.StringIO(maria.client.get("/themes/ranking.csv").text.lstrip("\ufeff"))))
    assert ranking[0]["theme"] == "competitor"
    assert maria.client.get("/themes/ranking.md").text.startswith("# Themes by revenue at risk")


@pytest.mark.parametrize("text", HOSTILE)
def test_hostile_sentences_are_text(
    client: TestClient, new_key: NewKey, store: ScoreStore, text: str
) -> None:
    publish_speakers(store, Speaker("H", 0.9, notes=[f"{text} {COMPETITOR}"]), Speaker("B", 0.1))
    maria = person(client, new_key)
    page = maria.sees("/themes/sentences")
    assert "<script>alert" not in page
    assert "<img src=x" not in page


@pytest.mark.parametrize(
    "path",
    ["/themes?period=1", "/themes?role=king", "/themes/sentences?about=love", "/themes/ranking.csv?x=1"],
)
def test_a_query_that_cannot_be_read_says_what_is_allowed(
    client: TestClient, new_key: NewKey, store: ScoreStore, path: str
) -> None:
    publish_speakers(store, *SPEAKERS)
    assert "What was sent cannot be used" in person(client, new_key).sees(path, 422)


def test_without_themes_the_page_names_the_command_that_keeps_them(
    client: TestClient, new_key: NewKey, publish: Publish
) -> None:
    maria = person(client, new_key)
    assert "Nothing has been scored yet" in maria.sees("/themes", 404)
    publish(3)
    page = maria.sees("/themes", 404)
    assert "vitals score data/book" in page


def test_a_limited_csm_reads_the_words_of_their_own_accounts_only(
    client: TestClient, new_key: NewKey, store: ScoreStore
) -> None:
    publish_speakers(
        store, *SPEAKERS, Speaker("Canary", 0.99, notes=[COMPETITOR], owner="csm-9", segment="x")
    )
    limited = person(client, new_key, owner="csm-1", name="li")
    for path in ("/themes", "/themes/sentences", "/themes/ranking.csv", "/themes/ranking.md"):
        found = limited.client.get(path, headers={"accept": "text/html"})
        assert (found.status_code, "Canary" in found.text) == (200, False)
    assert limited.sees("/themes/sentences").count("<mark>") == 3
