from __future__ import annotations

from dataclasses import replace

import pytest
from sqlalchemy.exc import OperationalError
from starlette.testclient import TestClient

from serving import service
from serving.history.store import ScoreStore
from serving.pages import book_glance, book_lines
from serving.pages.warming import PageWarming
from tests.serving.conftest import NewKey, Publish
from tests.serving.pages.visiting import person


def test_a_new_snapshot_is_read_ahead_once_and_no_visitor_reads_it_again(
    client: TestClient, new_key: NewKey, publish: Publish, monkeypatch: pytest.MonkeyPatch
) -> None:
    warming = PageWarming(service.held_now)
    assert not warming.look(), "nothing was published yet"
    publish(30)
    assert warming.look()
    assert not warming.look()
    publish(31, as_of="2026-11-07")
    assert warming.look()

    def refuse(*_: object) -> None:
        raise AssertionError("a visitor had to read the snapshot")

    monkeypatch.setattr(book_lines, "_read", refuse)
    monkeypatch.setattr(book_glance, "_made", refuse)
    assert "31 accounts" in person(client, new_key).sees("/")


def test_who_comes_while_it_is_read_waits_and_does_not_read_it_too(store: ScoreStore) -> None:
    made: list[int] = []
    found = [store.remember("t", "k", lambda: made.append(1) or "whole", 2) for _ in range(3)]
    assert (found, made) == (["whole"] * 3, [1])


def test_a_store_that_does_not_answer_is_left_to_the_visitor(store: ScoreStore) -> None:
    state = service.mounted.state
    held = replace(service.held_now(), store=ScoreStore("sqlite:////nowhere/at/all.db"))
    warming = PageWarming(lambda: held)
    with pytest.raises(OperationalError):
        warming.look()
    warming.start()
    warming.stop()
    assert state is service.mounted.state
