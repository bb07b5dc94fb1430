from __future__ import annotations

import json
import threading
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import select

from features.faults import WrongUse
from serving.closed_loop.case_params import CaseParams
from serving.closed_loop.cases import Opening, open_case
from serving.delivery.delivery_params import DeliveryParams
from serving.delivery.dispatcher import deliver_due
from serving.delivery.late_deliveries import OUTCOME
from serving.delivery.outbox_tables import deliveries, webhook_endpoints
from serving.delivery.sending import Sent
from serving.delivery.webhook_signature import is_signed
from serving.delivery.webhooks import (
    add_endpoint,
    delivery_lines,
    enable_endpoint,
    list_endpoints,
    replay,
)
from serving.history.store import ScoreStore
from tests.serving.both_databases import database_url, loop_store, postgres
from tests.serving.receivers import receiver

__all__ = ["database_url", "loop_store", "postgres"]
NOW = datetime(2026, 10, 31, 12, tzinfo=UTC)
PARAMS = DeliveryParams(allow_networks=("127.0.0.1/32",), timeout_seconds=0.5)


def add(store: ScoreStore, url: str, **more: Any) -> dict[str, Any]:
    told = {"form": "generic", "events": ["p0"], "secret": None} | more
    with store.writing() as connection:
        return add_endpoint(connection, url, params=PARAMS, now=NOW, **told)


def alarm(store: ScoreStore, account: str = "A-1", now: datetime = NOW) -> None:
    with store.writing() as connection:
        opening = Opening(account, "p0", "detractor", f"answer:{account}", name="Acme", owner="csm-1")
        open_case(connection, opening, CaseParams(), now)


def state(store: ScoreStore) -> list[tuple[str, int]]:
    with store.begin() as connection:
        rows = connection.execute(select(deliveries).order_by(deliveries.c.id))
        return [(row.state, row.attempts) for row in rows]


def run(store: ScoreStore, hours: float, step: float = 60, sender: Any = None) -> int:
    """What a watcher sends that looks every `step` seconds for so many hours."""
    moment, sent = NOW, 0
    while moment <= NOW + timedelta(hours=hours):
        sent += deliver_due(store, PARAMS, moment, sender=sender)
        moment += timedelta(seconds=step)
    return sent


def test_an_alarm_arrives_signed_and_is_sent_once(loop_store: ScoreStore) -> None:
    with receiver() as there:
        added = add(loop_store, there.url)
        alarm(loop_store)
        assert deliver_due(loop_store, PARAMS, NOW) == 1
        assert deliver_due(loop_store, PARAMS, NOW + timedelta(days=1)) == 0
        [(headers, body)] = there.calls
    document = json.loads(body)
    assert (document["type"], document["data"]["case_id"]) == ("p0.opened", "C-000001")
    told = (headers["webhook-id"], headers["webhook-timestamp"], body, headers["webhook-signature"])
    assert is_signed(*told, added["secret"], NOW)
    assert not is_signed(*told, added["secret"], NOW + timedelta(minutes=6))
    assert not is_signed(told[0], told[1], body + b" ", told[3], added["secret"], NOW)
    assert state(loop_store) == [("delivered", 1)]


def test_a_receiver_that_fails_in_every_way_gets_each_alarm_under_one_id(loop_store: ScoreStore) -> None:
    with receiver(script=[500, 0, -8, 429, 302]) as there:
        add(loop_store, there.url)
        alarm(loop_store)
        run(loop_store, 1)
        assert len(there.calls) == 6
        assert len(set(there.ids)) == 1
    assert state(loop_store) == [("delivered", 6)]
    with loop_store.begin() as connection:
        told = [line["outcome"] for line in delivery_lines(connection, 1, 50)]
    assert told[::-1][0] == "HTTP 500: not taken"
    assert told[0] == "taken"
    assert "HTTP 302: redirects are not followed" in told


def test_many_senders_at_once_send_each_alarm_once(database_url: str) -> None:
    store = ScoreStore(database_url)
    store.prepare()
    with receiver() as there:
        add(store, there.url)
        for number in range(40):
            alarm(store, f"A-{number}")
        ready = threading.Barrier(4)

        def send() -> None:
            own = ScoreStore(database_url)
            ready.wait()
            while deliver_due(own, PARAMS, NOW):
                pass
            own.close()

        threads = [threading.Thread(target=send) for _ in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert sorted(there.ids) == sorted(set(there.ids))
        assert len(there.ids) == 40
    store.close()


def test_a_sender_that_dies_leaves_its_deliveries_to_another(store: ScoreStore) -> None:
    def dies(*_: Any) -> Sent:
        raise KeyboardInterrupt

    with receiver() as there:
        add(store, there.url)
        alarm(store)
        with pytest.raises(KeyboardInterrupt):
            deliver_due(store, PARAMS, NOW, sender=dies)
        assert deliver_due(store, PARAMS, NOW + timedelta(seconds=89)) == 0
        assert deliver_due(store, PARAMS, NOW + timedelta(seconds=91)) == 1
        assert len(there.calls) == 1


def test_a_dead_receiver_is_tried_for_three_days_then_disabled_with_a_notice(store: ScoreStore) -> None:
    add(store, "http://127.0.0.1:9/")
    alarm(store)

    def fails(*_: Any) -> Sent:
        raise ConnectionRefusedError

    tried = run(store, 80, step=600, sender=fails)
    assert 15 <= tried <= 25
    with store.begin() as connection:
        [row] = list_endpoints(connection)
    assert row["state"] == "disabled" or state(store) == [("failed", tried)]
    late = NOW + timedelta(hours=81)
    alarm(store, "A-2", late)
    for turn in range(10):
        deliver_due(store, PARAMS, late + timedelta(hours=turn), sender=fails)
    with store.begin() as connection:
        [row] = list_endpoints(connection)
    assert row["state"] == "disabled"
    assert "every attempt since 2026-10-31T12:00" in row["notice"]


def test_an_endpoint_that_is_gone_is_disabled_at_once_and_told_when_it_is_enabled(store: ScoreStore) -> None:
    with receiver(script=[410]) as there:
        add(store, there.url)
        alarm(store)
        deliver_due(store, PARAMS, NOW)
        alarm(store, "A-2")
        assert deliver_due(store, PARAMS, NOW + timedelta(hours=1)) == 0
        with store.begin() as connection:
            assert "says that it is gone" in list_endpoints(connection)[0]["notice"]
        with store.writing() as connection:
            assert enable_endpoint(connection, 1, NOW + timedelta(hours=2)) == 2
        assert deliver_due(store, PARAMS, NOW + timedelta(hours=2)) == 2
        assert len(set(there.ids)) == 2
    assert [now for now, _ in state(store)] == ["delivered", "delivered"]


def test_what_waited_for_weeks_is_given_up_when_its_endpoint_is_enabled_and_says_so(
    loop_store: ScoreStore,
) -> None:
    late = NOW + timedelta(days=20)
    with receiver(script=[410]) as there:
        add(loop_store, there.url)
        alarm(loop_store)
        deliver_due(loop_store, PARAMS, NOW)  # gone: disabled
        alarm(loop_store, "A-2")
        with loop_store.writing() as connection:
            assert enable_endpoint(connection, 1, late) == 0
        for failing in (False, True, None):
            assert deliver_due(loop_store, PARAMS, late, failing=failing) == 0
        assert len(there.calls) == 1
        assert state(loop_store) == [("failed", 1), ("failed", 0)]
        with loop_store.begin() as connection:
            told = [line["outcome"] for line in delivery_lines(connection, 1, 9)]
        assert told == [OUTCOME, OUTCOME, "HTTP 410: not taken"]
        with loop_store.writing() as connection:
            assert replay(connection, None, "2026-10-31", late) == 2
        assert deliver_due(loop_store, PARAMS, late) == 2


def test_what_a_sender_is_at_is_not_given_up_by_another(store: ScoreStore) -> None:
    late = NOW + timedelta(days=3)

    def slow(*_: Any) -> Sent:
        assert deliver_due(store, PARAMS, late, sender=slow) == 0
        return Sent(True, 200, "taken")

    add(store, "http://127.0.0.1:9/")
    alarm(store)
    assert deliver_due(store, PARAMS, late - timedelta(seconds=1), sender=slow) == 1
    assert state(store) == [("delivered", 1)]


@pytest.mark.parametrize(
    ("since", "found"),
    [
        ("2026-10-31", 1),
        ("2026-11-01", 0),
        ("2026-10-31T12:00:00Z", 1),
        ("2026-10-31T12:00:01Z", 0),
        ("2026-10-31T20:00:00+08:00", 1),
        ("2026-10-31T20:00:01+08:00", 0),
    ],
)
def test_a_replay_since_a_moment_means_the_moment_whatever_its_zone(
    store: ScoreStore, since: str, found: int
) -> None:
    add(store, "http://127.0.0.1:9/")
    alarm(store)
    with store.writing() as connection:
        if found:
            assert replay(connection, None, since, NOW) == found
        else:
            with pytest.raises(WrongUse, match="there is nothing to replay"):
                replay(connection, None, since, NOW)


@pytest.mark.parametrize(
    "since",
    ["yesterday", "01/02/2026", "2026-13-45", "2026-10-31T12:00:00", "", "9", "0001-01-01T00:00:00+14:00"],
)
def test_a_replay_since_anything_else_is_refused(store: ScoreStore, since: str) -> None:
    add(store, "http://127.0.0.1:9/")
    alarm(store)
    with (
        store.writing() as connection,
        pytest.raises(WrongUse, match=r"or a time with its zone .* Next: write it as --since"),
    ):
        replay(connection, None, since, NOW)


def test_a_replay_comes_under_the_same_id(store: ScoreStore) -> None:
    with receiver() as there:
        add(store, there.url)
        alarm(store)
        deliver_due(store, PARAMS, NOW)
        with store.writing() as connection:
            assert replay(connection, there.ids[0], None, NOW) == 1
        deliver_due(store, PARAMS, NOW)
        assert len(there.ids) == 2
        assert len(set(there.ids)) == 1


def test_an_endpoint_that_fails_does_not_hold_up_those_that_answer(store: ScoreStore) -> None:
    with receiver() as good, receiver(status=500) as bad:
        add(store, bad.url)
        add(store, good.url)
        alarm(store)
        deliver_due(store, PARAMS, NOW)
        alarm(store, "A-2")
        assert deliver_due(store, PARAMS, NOW, failing=False) == 1
        assert (len(good.calls), len(bad.calls)) == (2, 1)
        assert deliver_due(store, PARAMS, NOW + timedelta(seconds=6), failing=True) == 2


def test_an_answer_of_nothing_but_brackets_is_a_no_and_keeps_nobody_from_theirs(store: ScoreStore) -> None:
    with receiver(body=b"[" * 60_000) as bad, receiver() as good:
        add(store, bad.url, form="feishu")
        add(store, good.url)
        alarm(store)
        assert deliver_due(store, PARAMS, NOW) == 2
        assert (len(bad.calls), len(good.calls)) == (1, 1)
    assert state(store) == [("pending", 1), ("delivered", 1)]


@pytest.mark.parametrize("error", [RecursionError("of A-1"), AttributeError("csm@x"), MemoryError()])
def test_whatever_an_attempt_raises_is_an_outcome_that_names_the_kind_alone(
    store: ScoreStore, error: Exception
) -> None:
    def breaks(*_: Any) -> Sent:
        raise error

    add(store, "http://127.0.0.1:9/")
    alarm(store)
    assert deliver_due(store, PARAMS, NOW, sender=breaks) == 1
    with store.begin() as connection:
        assert delivery_lines(connection, 1, 1)[0]["outcome"] == f"not sent: {type(error).__name__}"


def test_only_the_kinds_of_event_that_were_asked_for_are_sent(store: ScoreStore) -> None:
    with receiver() as there:
        add(store, there.url, events=["plan"])
        alarm(store)
        assert deliver_due(store, PARAMS, NOW) == 0


def test_where_the_operator_allowed_no_network_nothing_inside_is_called(store: ScoreStore) -> None:
    with receiver() as there:
        add(store, there.url)
        alarm(store)
        deliver_due(store, DeliveryParams(), NOW)
        assert there.calls == []
    with store.begin() as connection:
        assert delivery_lines(connection, 1, 1)[0]["outcome"].startswith("refused: the host leads to")


def test_a_webhook_that_is_disabled_is_a_notice_in_the_list_of_cases(store: ScoreStore) -> None:
    from serving.closed_loop.case_answers import cases_page
    from serving.closed_loop.case_bodies import CasesQuery

    with receiver(script=[410]) as there:
        add(store, there.url)
        alarm(store)
        deliver_due(store, PARAMS, NOW)
    with store.begin() as connection:
        assert connection.execute(select(webhook_endpoints.c.state)).scalar() == "disabled"
    assert "webhook 1 is disabled" in cases_page(store, CasesQuery(), None)["notices"][0]
