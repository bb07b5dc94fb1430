from __future__ import annotations

import re
from dataclasses import replace
from datetime import UTC, datetime
from html import unescape
from pathlib import Path

import pytest
from starlette.testclient import TestClient

from features.params import RuleParams
from features.params_file import read_section
from serving import service
from serving.access.key_tables import api_keys
from serving.history.store import ScoreStore
from serving.scores.champion import load_scorer
from serving.weights.weight_versions import adoptions, versions
from tests.serving.conftest import NewKey, Publish
from tests.serving.pages.visiting import HOSTILE, Person, person
from tests.serving.test_sign_in import send
from tests.serving.trained_workspace import PARAMS, TrainedWorkspace, workspace  # noqa: F401

USE = "usage=70&voice=10&commercial=10&service=10"
MAY = ("score:read", "cases:read", "cases:write")


def words(page: str) -> str:
    return unescape(re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", page)))


@pytest.fixture
def served(client: TestClient, store: ScoreStore, workspace: TrainedWorkspace) -> TestClient:  # noqa: F811
    """The service with the champion of the trained workspace, and its book in the test's own store."""
    found = ScoreStore(workspace.store)
    snapshot = found.newest_snapshot()
    assert snapshot
    store.publish_snapshot(
        found.all_scores_of(snapshot),
        as_of=datetime(2026, 10, 31, tzinfo=UTC),
        published_at=datetime(2026, 11, 1, tzinfo=UTC),
        model=snapshot.model,
        data_fingerprint="",
        inputs=found.inputs_of(snapshot),
    )
    found.close()
    state, registry = service.mounted.state, Path(workspace.registry)
    rule = read_section(PARAMS, "rule", RuleParams)
    scorer = load_scorer(registry, PARAMS)
    state.resources = replace(state.resources, scorer=scorer, registry=registry, rule=rule)
    return client


@pytest.fixture
def maria(served: TestClient, new_key: NewKey) -> Person:
    """She may draft, and not adopt."""
    return person(served, new_key)


def test_the_sliders_show_at_once_todays_bands_and_the_backtest(maria: Person) -> None:
    same = words(maria.sees("/weights"))
    assert "These are the weights in force" in same
    assert "On past outcomes Replayed on" in same
    page = maria.sees(f"/weights?{USE}")
    assert re.search(r"\d+ of \d+ accounts? changes? band", words(page))
    assert 'value="70"' in page
    assert "of 0 churners" not in page
    alone = maria.sees(f"/weights/effect?{USE}")
    assert alone.strip() in page
    assert "<html" not in alone


def test_a_draft_keeps_author_and_reason_and_changes_nothing(maria: Person, store: ScoreStore) -> None:
    page = maria.sees(f"/weights?{USE}&stage=renewal")
    done = maria.sends(page, "/weights/drafts", reason="use foretells best")
    assert (done.status_code, done.headers["location"]) == (303, "/weights?base=1#versions")
    with store.begin() as connection:
        [kept] = versions(connection)
        assert adoptions(connection) == []
    assert (kept.author, kept.reason) == ("maria", "use foretells best")
    assert kept.weights.stage_profiles["renewal"].usage == 70
    opened = words(maria.sees("/weights?base=1"))
    assert "use foretells best" in opened
    assert "In force: params.yaml" in opened
    again = maria.sees(f"/weights?base=1&segment=mid&{USE}")
    maria.sends(again, "/weights/drafts", reason="and the middle")
    with store.begin() as connection:
        newest = versions(connection)[0].weights
    assert (newest.stage_profiles["renewal"].usage, newest.profiles["mid"].usage) == (70, 70)


def test_only_who_has_the_right_adopts_and_may_go_back(
    maria: Person, served: TestClient, new_key: NewKey, store: ScoreStore
) -> None:
    maria.sends(maria.sees(f"/weights?{USE}"), "/weights/drafts", reason="try it")
    page = maria.sees("/weights")
    assert 'action="/adoptions"' not in page
    assert "a key with weights:adopt is needed" in words(page)
    [token, *_] = re.findall(r'name="token" value="([^"]+)"', page)
    refused = send(served, "/adoptions", token=token, once="abc", version="1", reason="x")
    assert refused.status_code == 403
    with store.begin() as connection:
        assert adoptions(connection) == []
    li = person(served, new_key, *MAY, "weights:adopt", name="li")
    assert li.sends(li.sees("/weights"), "/adoptions", reason="agreed").status_code == 303
    held = words(li.sees("/weights"))
    assert "In force: version 1, adopted by li" in held
    assert "The last snapshot was scored by other weights" in held
    assert li.sends(li.sees("/weights"), "/adoptions", version="", reason="back").status_code == 303
    assert "In force: params.yaml" in words(li.sees("/weights"))
    with store.begin() as connection:
        assert [(each.version and each.version.number, each.who) for each in adoptions(connection)] == [
            (None, "li"),
            (1, "li"),
        ]


def test_a_key_of_an_owner_that_an_older_version_made_adopts_nothing(
    maria: Person, served: TestClient, new_key: NewKey, store: ScoreStore
) -> None:
    maria.sends(maria.sees(f"/weights?{USE}"), "/weights/drafts", reason="try it")
    key = new_key(*MAY, name="wu", owner="csm-1")
    with store.writing() as connection:
        older = api_keys.update().where(api_keys.c.name == "wu").values(scopes=[*MAY, "weights:adopt"])
        connection.execute(older)
    wu = Person(served, key)
    page = wu.sees("/weights")
    assert 'action="/adoptions"' not in page
    [token, *_] = re.findall(r'name="token" value="([^"]+)"', page)
    served.cookies.set("vitals_lang", "zh")
    refused = send(served, "/adoptions", token=token, once="abc", version="1", reason="mine")
    assert refused.status_code == 403
    assert "可查看全部客户的密钥" in refused.text
    assert '<bdi lang="en">' not in refused.text
    with store.begin() as connection:
        assert adoptions(connection) == []


@pytest.mark.parametrize(
    "fields",
    [{"reason": ""}, {"reason": "x" * 201}, {"reason": "x", "usage": "many"}, {"reason": "x", "base": "9"}],
)
def test_a_draft_that_cannot_be_kept_says_what_is_allowed(
    maria: Person, store: ScoreStore, fields: dict[str, str]
) -> None:
    refused = maria.sends(maria.sees(f"/weights?{USE}"), "/weights/drafts", **fields)
    assert (refused.status_code, "What was sent cannot be used" in refused.text) == (422, True)
    with store.begin() as connection:
        assert versions(connection) == []


def test_the_weights_in_force_are_no_draft(maria: Person) -> None:
    refused = maria.sends(maria.sees("/weights"), "/weights/drafts", reason="nothing new")
    assert refused.status_code == 422


@pytest.mark.parametrize(
    "query", ["usage=0&voice=0", "usage=101", "stage=winter", "base=99", "x=1", "base=-1"]
)
def test_a_query_that_cannot_be_read_is_refused_in_words(maria: Person, query: str) -> None:
    for path in ("/weights", "/weights/effect"):
        assert "What was sent cannot be used" in maria.sees(f"{path}?{query}", 422)


@pytest.mark.parametrize("text", HOSTILE)
def test_hostile_segments_and_reasons_are_text(maria: Person, text: str) -> None:
    page = maria.client.get("/weights", params={"segment": text, "usage": "9"}).text
    assert "<script>alert" not in page
    maria.sends(page, "/weights/drafts", reason=text)
    shown = maria.sees("/weights")
    assert "<script>alert" not in shown
    assert "<img src=x" not in shown


def test_a_limited_csm_tries_on_their_accounts_and_is_told_nothing_of_the_past_of_others(
    served: TestClient, new_key: NewKey, store: ScoreStore
) -> None:
    snapshot = store.newest_snapshot()
    assert snapshot
    owner = store.all_scores_of(snapshot)[0].details["owner"]
    mine = {a.payload["account_id"] for a in store.seen_by(owner).all_scores_of(snapshot)}
    li = person(served, new_key, owner=owner, name="li")
    page = li.sees("/weights?usage=100")
    assert set(re.findall(r'href="/accounts/([^"]+)"', page)) <= mine
    assert f"of {len(mine)} accounts" in words(page)
    assert "shown to those who may see all of it" in page


def test_without_features_or_a_trained_past_the_page_names_the_commands(
    client: TestClient, new_key: NewKey, publish: Publish, tmp_path: Path
) -> None:
    publish(3)
    state = service.mounted.state
    rule = read_section(PARAMS, "rule", RuleParams)
    state.resources = replace(state.resources, registry=tmp_path / "none", rule=rule)
    assert "vitals score data/book" in person(client, new_key).sees("/weights")
