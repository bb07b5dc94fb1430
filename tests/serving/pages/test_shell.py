from __future__ import annotations

import re

import pytest
from starlette.testclient import TestClient

from serving.pages.messages_read import Words, all_messages
from serving.pages.static_files import static_address, static_files
from serving.wording.words import LANGUAGES
from tests.serving.conftest import NewKey, Publish
from tests.serving.pages.visiting import person

PLACE = re.compile(r"\{(\w*)")


def test_every_message_is_in_both_languages_and_fills_the_same_places() -> None:
    for key, said in all_messages().items():
        places = [sorted(PLACE.findall(said[language])) for language in LANGUAGES]
        assert places[0] == places[1], key
        assert all(said[language] or key.endswith("between_units") for language in LANGUAGES), key


def test_a_word_of_a_closed_list_that_has_no_message_is_said_by_its_name() -> None:
    assert Words("zh").of("bands", "<violet>") == "<violet>"


def test_the_switch_of_the_language_keeps_the_page_and_its_query(
    client: TestClient, new_key: NewKey, publish: Publish
) -> None:
    publish(3)
    maria = person(client, new_key)
    assert '<html lang="en">' in maria.sees("/?band=red")
    pressed = client.get("/?band=red&lang=zh", follow_redirects=False)
    assert (pressed.status_code, pressed.headers["location"]) == (303, "/?band=red")
    assert "客户组合" in maria.sees("/?band=red")


def test_the_browser_says_the_language_until_the_switch_is_pressed(
    client: TestClient, new_key: NewKey, publish: Publish
) -> None:
    publish(3)
    person(client, new_key)
    asked = {"accept-language": "zh-TW,zh;q=0.9,en;q=0.8"}
    assert '<html lang="zh-CN">' in client.get("/", headers=asked).text
    assert '<html lang="en">' in client.get("/?lang=en", headers=asked).text


def test_the_ground_is_the_browsers_own_until_one_is_chosen(
    client: TestClient, new_key: NewKey, publish: Publish
) -> None:
    publish(3)
    maria = person(client, new_key)
    assert "data-theme" not in maria.sees("/")
    assert 'data-theme="dark"' in maria.sees("/?theme=dark")
    assert "data-theme" not in maria.sees("/?theme=auto")


@pytest.mark.parametrize("query", ["lang=xx", "theme=%22%3E%3Cscript%3E", "lang=zh%00"])
def test_a_switch_to_what_is_not_there_changes_nothing(
    client: TestClient, new_key: NewKey, publish: Publish, query: str
) -> None:
    publish(3)
    maria = person(client, new_key)
    client.cookies.set("vitals_theme", "<script>")
    page = maria.sees(f"/?{query}")
    assert '<html lang="en">' in page
    assert "<script>" not in page


def test_no_switch_leads_to_another_site(client: TestClient, new_key: NewKey, publish: Publish) -> None:
    publish(3)
    person(client, new_key)
    pressed = client.get("/?lang=zh&next=//evil.example", follow_redirects=False)
    assert pressed.headers["location"] == "/?next=%2F%2Fevil.example"


def test_a_page_has_no_script_or_style_of_its_own_and_its_policy_allows_none(
    client: TestClient, new_key: NewKey, publish: Publish
) -> None:
    publish(3)
    person(client, new_key)
    found = client.get("/")
    policy = found.headers["content-security-policy"]
    assert "default-src 'none'" in policy
    assert "unsafe" not in policy
    assert not re.search(r"<script(?![^>]*src=)|<style|\sstyle=|\son\w+=|javascript:", found.text)
    assert found.headers["cache-control"] == "no-store"
    outside = re.findall(r"(?:src|href)=\"((?:https?:)?//[^\"]+)", found.text)
    assert outside == []


def test_a_static_file_is_kept_by_the_browser_until_it_changes(client: TestClient, new_key: NewKey) -> None:
    person(client, new_key)
    address = static_address("vitals.css")
    first = client.get(address)
    assert first.headers["content-type"] == "text/css; charset=utf-8"
    again = client.get(address, headers={"if-none-match": first.headers["etag"]})
    assert (again.status_code, again.content) == (304, b"")


@pytest.mark.parametrize("path", ["/static/../params.yaml", "/static/%2e%2e/visits.py", "/static/x.css"])
def test_nothing_but_the_packages_own_files_is_sent(client: TestClient, path: str) -> None:
    assert client.get(path).status_code == 404


def test_everything_a_first_page_loads_is_small(
    client: TestClient, new_key: NewKey, publish: Publish
) -> None:
    publish(200)
    page = len(person(client, new_key).sees("/").encode())
    assert page < 150_000
    assert page + sum(len(file.content) for file in static_files().values()) < 300_000


def test_with_nothing_scored_the_page_says_what_to_do_next(client: TestClient, new_key: NewKey) -> None:
    maria = person(client, new_key)
    page = maria.sees("/", 404)
    assert "Nothing has been scored yet" in page
    assert "vitals score data/book" in page
    assert "尚未评分" in maria.sees("/?lang=zh", 404)


def test_who_is_turned_away_at_the_door_is_told_in_words(
    client: TestClient, new_key: NewKey, publish: Publish
) -> None:
    publish(3)
    asks = {"accept": "text/html"}
    person(client, new_key, "metrics:read")
    refused = client.get("/", headers=asks)
    assert (refused.status_code, "Your key does not allow this." in refused.text) == (403, True)
    client.cookies.delete("vitals_session")
    form = {"content-type": "application/x-www-form-urlencoded"}
    ended = client.post("/cases/C-000001/comment", headers=asks | form, content=b"note=x")
    assert (ended.status_code, "Sign in again" in ended.text) == (401, True)
    assert client.get("/v1/model", headers=asks).headers["content-type"] == "application/problem+json"
