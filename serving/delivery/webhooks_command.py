"""`vitals webhooks`: who is told of alarms, what was sent, and sending it again."""

from __future__ import annotations

import datetime as dt
from typing import Annotated, Any
from uuid import uuid4

import typer

from features.params_file import DEFAULT_PARAMS, read_section
from training.command_options import Json, Params, Set, Store
from training.terminal import clear_faults, emit

app = typer.Typer(
    no_args_is_help=True,
    rich_markup_mode=None,
    help="Who is told of alarms: webhooks (generic, Slack, WeCom, Feishu) and e-mail.",
    epilog="Example: vitals webhooks add https://example.com/hook",
)
Number = Annotated[
    int, typer.Argument(metavar="ID", help="the webhook's number, as vitals webhooks list says")
]


def _now() -> dt.datetime:
    return dt.datetime.now(dt.UTC)


Secret = Annotated[
    str | None,
    typer.Option(
        envvar="VITALS_WEBHOOK_SECRET",
        help="the receiver's: whsec_ and base64, or Feishu's own; left out: a new one",
    ),
]


def _say(as_json: bool, document: Any, text: str) -> None:
    emit(document) if as_json else typer.echo(text)


@app.command(epilog="Example: vitals webhooks add https://hooks.example.com/x --format slack")
def add(
    url: Annotated[str, typer.Argument(help="https://…, or mailto:name@example.com with --format email")],
    form: Annotated[str, typer.Option("--format", help="generic, slack, wecom, feishu or email")] = "generic",
    event: Annotated[
        list[str] | None,
        typer.Option(help="p0, plan, expansion, model, test, or one type such as p0.opened; repeatable"),
    ] = None,
    secret: Secret = None,
    params: Params = DEFAULT_PARAMS,
    overrides: Set = None,
    store: Store = None,
    as_json: Json = False,
) -> None:
    """Adds an endpoint; its secret is shown this once. Without --event it hears of P0 cases and tests."""
    from serving.delivery.delivery_params import DeliveryParams
    from serving.delivery.webhooks import add_endpoint
    from serving.history.opened_store import opened_store

    with clear_faults(as_json), opened_store(store) as opened:
        settings = read_section(params, "delivery", DeliveryParams, overrides or ())
        with opened.writing() as connection:
            found = add_endpoint(connection, url, form, event or ["p0", "test"], secret, settings, _now())
        _say(as_json, found, f"webhook {found['id']}: {url}\nsecret (shown once): {found['secret']}")


@app.command("list", epilog="Example: vitals webhooks list --json")
def list_(store: Store = None, as_json: Json = False) -> None:
    """Every endpoint, whether it is enabled, and why not."""
    from serving.delivery.webhooks import list_endpoints
    from serving.history.opened_store import opened_store

    with clear_faults(as_json), opened_store(store) as opened, opened.begin() as connection:
        found = list_endpoints(connection)
        lines = [
            f"{row['id']}  {row['state']}  {row['format']}  {row['url']}  ({row['waiting']} waiting)"
            + (f"\n   NOTICE {row['notice']}" if row["notice"] else "")
            for row in found
        ]
        _say(as_json, found, "\n".join(lines) or "no webhook yet. Next: vitals webhooks add URL")


@app.command(epilog="Example: vitals webhooks log 1 --limit 20")
def log(
    number: Annotated[int | None, typer.Argument(metavar="ID", help="one webhook; left out: all")] = None,
    limit: Annotated[int, typer.Option(min=1, help="the newest so many attempts")] = 50,
    store: Store = None,
    as_json: Json = False,
) -> None:
    """Every attempt at a delivery, newest first."""
    from serving.delivery.webhooks import delivery_lines
    from serving.history.opened_store import opened_store

    with clear_faults(as_json), opened_store(store) as opened, opened.begin() as connection:
        found = delivery_lines(connection, number, limit)
        told = ("at", "message_id", "type", "endpoint_id", "attempt", "outcome")
        lines = ["  ".join(str(row[name]) for name in told) for row in found]
        _say(as_json, found, "\n".join(lines) or "nothing was sent yet")


@app.command(epilog="Example: vitals webhooks replay --since 2026-10-31T00:00:00Z   (or: MESSAGE)")
def replay(
    message: Annotated[str | None, typer.Argument(help="a message's id, as vitals webhooks log says")] = None,
    since: Annotated[
        str | None, typer.Option(help="all messages from a date (UTC), or a time with its zone, on")
    ] = None,
    store: Store = None,
    as_json: Json = False,
) -> None:
    """Sends messages again under their own ids, so that a receiver knows a repeat."""
    from features.faults import Fault, WrongUse
    from serving.delivery.webhooks import replay as run
    from serving.history.opened_store import opened_store

    with clear_faults(as_json), opened_store(store) as opened:
        if (message is None) == (since is None):
            fault = Fault("MESSAGE", message, "a message's id or --since, not both", "name one of them")
            raise WrongUse("it is not clear what to replay", [fault])
        with opened.writing() as connection:
            found = run(connection, message, since, _now())
        _say(as_json, {"deliveries": found}, f"{found} deliveries are due again")


@app.command(epilog="Example: vitals webhooks enable 1")
def enable(number: Number, store: Store = None, as_json: Json = False) -> None:
    """Enables an endpoint again; what waited is sent now."""
    from serving.delivery.webhooks import enable_endpoint
    from serving.history.opened_store import opened_store

    with clear_faults(as_json), opened_store(store) as opened, opened.writing() as connection:
        found = enable_endpoint(connection, number, _now())
        _say(as_json, {"deliveries": found}, f"webhook {number} is enabled; {found} deliveries are due now")


@app.command(epilog="Example: vitals webhooks rotate 1")
def rotate(number: Number, secret: Secret = None, store: Store = None, as_json: Json = False) -> None:
    """A new secret, shown once; for a day the old one signs as well. Of a Feishu robot it is Feishu's."""
    from serving.delivery.webhooks import rotate_secret
    from serving.history.opened_store import opened_store

    with clear_faults(as_json), opened_store(store) as opened, opened.writing() as connection:
        found = rotate_secret(connection, number, _now(), secret)
        _say(as_json, {"id": number, "secret": found}, f"the new secret (shown once): {found}")


@app.command("test", epilog="Example: vitals webhooks test")
def probe(store: Store = None, as_json: Json = False) -> None:
    """Sends a test message to every endpoint that wants tests, when vitals watch next looks."""
    from serving.delivery.webhooks import send_test
    from serving.history.opened_store import opened_store

    with clear_faults(as_json), opened_store(store) as opened, opened.writing() as connection:
        found = send_test(connection, uuid4().hex, _now())
        _say(as_json, {"message_id": found}, f"{found} is in the outbox; vitals watch sends it")
