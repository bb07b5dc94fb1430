"""`vitals webhooks` and `vitals watch` as people use them."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from serving.closed_loop.case_params import CaseParams
from serving.closed_loop.cases import Opening, open_case
from serving.history.store import ScoreStore
from tests.command_runs import answer, refused, run
from tests.serving.receivers import receiver

INSIDE = ("--set", "delivery.allow_networks=[127.0.0.1/32]")


@pytest.fixture
def store(tmp_path: Path) -> str:
    return f"sqlite:///{tmp_path / 'vitals.db'}"


def alarm(url: str) -> None:
    opened = ScoreStore(url)
    opened.prepare()
    with opened.writing() as connection:
        opening = Opening("A-1", "p0", "detractor", "answer:1")
        open_case(connection, opening, CaseParams(), datetime.now(UTC))
    opened.close()


def webhooks(store: str, *words: Any) -> Any:
    return answer("webhooks", *words, "--store", store)


def test_an_alarm_is_sent_by_the_watch_and_stands_in_the_log(store: str) -> None:
    with receiver() as there:
        added = webhooks(store, "add", there.url, *INSIDE)
        assert added["secret"].startswith("whsec_")
        alarm(store)
        done = answer("watch", "--once", "--no-score", "--store", store, *INSIDE)
        assert done == {"scored": 0, "steps": 0, "attempts": 1}
        [line] = webhooks(store, "log")
        assert (line["type"], line["outcome"], line["message_id"]) == ("p0.opened", "taken", there.ids[0])
        assert webhooks(store, "replay", there.ids[0]) == {"deliveries": 1}
        answer("watch", "--once", "--no-score", "--store", store, *INSIDE)
        assert there.ids[0] == there.ids[1]


def test_a_secret_is_shown_once_and_never_listed(store: str) -> None:
    with receiver() as there:
        added = webhooks(store, "add", there.url, *INSIDE)
        assert added["secret"] not in run("webhooks", "list", "--store", store).stdout
        assert webhooks(store, "rotate", 1)["secret"] not in run("webhooks", "list", "--store", store).stdout


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("add", "http://127.0.0.1/"), "allowed: a URL that leads to public addresses only"),
        (("add", "ftp://example.com/"), "a URL begins with https://"),
        (("add", "http://93.184.215.14/", "--format", "slak"), "did you mean 'slack'?"),
        (("add", "http://93.184.215.14/", "--event", "p9"), "--event is 'p9'"),
        (("add", "nobody", "--format", "email"), "write mailto:name@example.com"),
        (("add", "mailto:csm@[example.com", "--format", "email"), "write mailto:name@example.com"),
        (("add", "http://93.184.215.14/", "--event", "p0.opend"), "did you mean 'p0.opened'?"),
        (
            ("add", "http://93.184.215.14/", "--event", "zzz"),
            "allowed: one of p0, plan, expansion, model, test,",
        ),
        (
            ("add", "http://93.184.215.14/", "--secret", "mysecret"),
            "allowed: whsec_ and the base64 of 24 to 64",
        ),
        (("enable", "7"), "ID is 7; allowed: one of: none yet"),
        (("rotate", "7"), "no such webhook"),
        (("replay",), "it is not clear what to replay"),
        (("replay", "--since", "yesterday"), "--since is 'yesterday'; allowed: a date (2026-10-31)"),
        (("replay", "msg_1"), "there is nothing to replay"),
    ],
)
def test_what_cannot_be_done_is_refused_with_the_next_step(
    store: str, words: tuple[str, ...], said: str
) -> None:
    assert said in refused(2, "webhooks", *words, "--store", store)


def test_a_url_is_added_once(store: str) -> None:
    webhooks(store, "add", "http://93.184.215.14/")
    assert "a URL that is not there yet" in refused(
        2, "webhooks", "add", "http://93.184.215.14/", "--store", store
    )


def test_the_watch_refuses_parameters_that_make_no_sense(store: str) -> None:
    said = refused(2, "watch", "--once", "--store", store, "--set", "cases.call_within=4")
    assert "cases.call_within is 4" in said
