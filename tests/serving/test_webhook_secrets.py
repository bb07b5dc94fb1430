"""The secrets of webhooks: which may sign, how one is changed, and that a chat keeps its own."""

from __future__ import annotations

import json
from datetime import timedelta

import pytest
from sqlalchemy import update

from features.faults import WrongUse
from serving.delivery.dispatcher import deliver_due
from serving.delivery.outbox_tables import webhook_endpoints
from serving.delivery.webhook_signature import is_signed, new_secret
from serving.delivery.webhooks import add_endpoint, delivery_lines, rotate_secret
from serving.history.store import ScoreStore
from tests.serving.receivers import Receiver, receiver
from tests.serving.test_dispatcher import NOW, PARAMS, add, alarm, state


def test_a_secret_that_the_receiver_made_is_only_changed_for_one_that_it_made(store: ScoreStore) -> None:
    with receiver() as there, store.writing() as connection:
        add_endpoint(connection, there.url, "feishu", ["p0"], "robot", PARAMS, NOW)
        with pytest.raises(WrongUse, match="the secret that feishu shows"):
            rotate_secret(connection, 1, NOW)
        assert rotate_secret(connection, 1, NOW, "another") == "another"
        add_endpoint(connection, f"{there.url}/2", "generic", ["p0"], None, PARAMS, NOW)
        with pytest.raises(WrongUse, match="whsec_"):
            rotate_secret(connection, 2, NOW, "another")


def test_while_a_secret_is_changed_both_sign_and_then_only_the_new_one(store: ScoreStore) -> None:
    def signatures(there: Receiver) -> list[str]:
        return there.calls[-1][0]["webhook-signature"].split(" ")

    with receiver() as there:
        old = add(store, there.url)["secret"]
        with store.writing() as connection:
            new = rotate_secret(connection, 1, NOW)
        for hours, valid in ((1, (True, True)), (25, (False, True))):
            alarm(store, f"A-{hours}")
            now = NOW + timedelta(hours=hours)
            deliver_due(store, PARAMS, now)
            headers, body = there.calls[-1]
            told = (headers["webhook-id"], headers["webhook-timestamp"], body, headers["webhook-signature"])
            assert (is_signed(*told, old, now), is_signed(*told, new, now)) == valid
            assert len(signatures(there)) == sum(valid)


NO_SECRETS = ["mysecret", "whsec_", "whsec_!!!", "whsec_MfKQ", "whsec_" + "A" * 88, "whsec_" + "é" * 32]


@pytest.mark.parametrize("secret", NO_SECRETS)
def test_an_endpoint_from_before_whose_secret_cannot_sign_is_sent_nothing_and_told_so(
    store: ScoreStore, secret: str
) -> None:
    with receiver() as there:
        add(store, there.url)
        with store.writing() as connection:
            connection.execute(update(webhook_endpoints).values(secret=secret))
        alarm(store)
        deliver_due(store, PARAMS, NOW)
        assert there.calls == []
        with store.writing() as connection:
            told = delivery_lines(connection, 1, 1)[0]["outcome"]
            fresh = rotate_secret(connection, 1, NOW)
        assert told == "not sent: its secret cannot sign. Next: vitals webhooks rotate"
        later = NOW + timedelta(minutes=1)
        deliver_due(store, PARAMS, later)
        [(headers, body)] = there.calls
    told = (headers["webhook-id"], headers["webhook-timestamp"], body, headers["webhook-signature"])
    assert is_signed(*told, fresh, later)


@pytest.mark.parametrize("form", ["generic", "slack", "feishu", "wecom"])
def test_a_secret_that_is_to_sign_by_our_convention_is_base64_of_24_to_64_bytes(
    store: ScoreStore, form: str
) -> None:
    known = new_secret()
    assert add(store, "http://127.0.0.1:9/", form=form, secret=known)["secret"] == known
    for number, secret in enumerate(NO_SECRETS):
        if form in ("feishu", "wecom") and not secret.startswith("whsec_"):
            add(store, f"http://127.0.0.1:9/{number}", form=form, secret=secret)
            continue
        with pytest.raises(WrongUse, match="whsec_ and the base64 of 24 to 64 bytes") as refused:
            add(store, f"http://127.0.0.1:9/{number}", form=form, secret=secret)
        assert secret == "whsec_" or secret not in str(refused.value)


def test_feishu_signs_with_its_own_secret_and_mail_with_none(store: ScoreStore) -> None:
    with receiver(body=b'{"code": 0}') as there:
        add(store, there.url, form="feishu", secret="mysecret")
        add(store, "mailto:csm@example.com", form="email", secret="mysecret")
        alarm(store)
        deliver_due(store, PARAMS, NOW)
        [(_, body)] = there.calls
    assert json.loads(body)["sign"]
    assert state(store)[0] == ("delivered", 1)
