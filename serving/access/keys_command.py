"""`vitals keys`: make, list, rotate and revoke the keys of the API."""

from __future__ import annotations

import datetime as dt
from typing import Annotated, Any

import typer

from features.units import days
from training.command_options import Json, Store
from training.terminal import clear_faults, emit

keys_app = typer.Typer(
    no_args_is_help=True,
    rich_markup_mode=None,
    help="The keys of the API: make, list, rotate, revoke.",
    epilog="Example: vitals keys create --name crm --scope score:read",
)
Expires = Annotated[str | None, typer.Option("--expires", help="after how many days it ends, as 90d")]


@keys_app.command(
    epilog="Example: vitals keys create --name crm --scope score:read --owner csm-14 --expires 90d"
)
def create(
    name: Annotated[str, typer.Option(help="whose key it is; a person signs in under this name")],
    scope: Annotated[list[str], typer.Option(help="what it may do: score:read, cases:write …; repeatable")],
    owner: Annotated[str | None, typer.Option(help="only the accounts of this CSM")] = None,
    expires: Expires = None,
    store: Store = None,
    as_json: Json = False,
) -> None:
    """A new key, shown once: it is kept as a hash."""
    from serving.access.api_keys import create_key
    from serving.history.opened_store import opened_store

    with clear_faults(as_json), opened_store(store) as opened:
        now = dt.datetime.now(dt.UTC)
        key, text = create_key(opened, name, scope, now, owner, _duration(expires, "--expires"))
        _show(key.as_dict(now), text, as_json)


@keys_app.command("list", epilog="Example: vitals keys list --json")
def list_(store: Store = None, as_json: Json = False) -> None:
    """Every key there ever was, with what it may do and whether it lives."""
    from serving.access.api_keys import all_keys
    from serving.history.opened_store import opened_store

    with clear_faults(as_json), opened_store(store) as opened:
        now = dt.datetime.now(dt.UTC)
        found = [key.as_dict(now) for key in all_keys(opened)]
        emit(found) if as_json else typer.echo(
            "\n".join(map(_line, found)) or "no key yet: vitals keys create"
        )


@keys_app.command(epilog="Example: vitals keys rotate crm --grace 7d")
def rotate(
    name: Annotated[str, typer.Argument(help="the name of the key")],
    grace: Annotated[str, typer.Option(help="how many days the old one goes on")] = "7d",
    expires: Expires = None,
    store: Store = None,
    as_json: Json = False,
) -> None:
    """A second key of the same name, scopes and owner; the old one ends after --grace."""
    from serving.access.api_keys import rotate_key
    from serving.history.opened_store import opened_store

    with clear_faults(as_json), opened_store(store) as opened:
        now = dt.datetime.now(dt.UTC)
        ends = _duration(grace, "--grace") or dt.timedelta(0)
        key, text = rotate_key(opened, name, now, ends, _duration(expires, "--expires"))
        _show(key.as_dict(now), text, as_json)


@keys_app.command(epilog="Example: vitals keys revoke crm")
def revoke(
    key: Annotated[str, typer.Argument(help="its name, or the id of one key")],
    store: Store = None,
    as_json: Json = False,
) -> None:
    """Ends a key (within two seconds, also where the service runs) and the sessions made with it."""
    from serving.access.api_keys import revoke_keys
    from serving.history.opened_store import opened_store

    with clear_faults(as_json), opened_store(store) as opened:
        now = dt.datetime.now(dt.UTC)
        ended = [each.as_dict(now) for each in revoke_keys(opened, key, now)]
        emit(ended) if as_json else typer.echo("\n".join(map(_line, ended)))


def _duration(text: str | None, option: str) -> dt.timedelta | None:
    from features.faults import Fault, WrongUse

    if text is None:
        return None
    try:
        return dt.timedelta(days=days(text))
    except (ValueError, OverflowError):
        fault = Fault(option, text, "a whole number of days such as '90d'", f"correct {option}")
        raise WrongUse("the duration cannot be used", [fault]) from None


def _show(key: dict[str, Any], text: str, as_json: bool) -> None:
    if as_json:
        emit({**key, "key": text})
    else:
        typer.echo(f"{text}\n")
        typer.echo(f"Keep it now: it is not shown again. {_line(key)}")


def _line(key: dict[str, Any]) -> str:
    whose = f", accounts of {key['owner']}" if key["owner"] else ""
    ends = f", ends {key['expires_at']}" if key["expires_at"] else ""
    return f"{key['key_id']}  {key['name']}: {key['state']}, {' '.join(key['scopes'])}{whose}{ends}"
