"""What an endpoint must be before it is added: every fault of it at once."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from features.faults import Fault, WrongUse, nearest
from serving.delivery.delivery_params import DeliveryParams
from serving.delivery.dial import AddressRefusedError, check_target
from serving.delivery.mailing import is_mailbox
from serving.delivery.webhook_formats import EVENT_KINDS, EVENT_TYPES, FORMATS
from serving.delivery.webhook_signature import ALLOWED, is_secret, is_signed_by_us


def check_endpoint(url: str, form: str, events: Sequence[str], secret: str, params: DeliveryParams) -> None:
    """Raises WrongUse with everything that is wrong with an endpoint."""
    faults = [*_of_format(form), *_of_events(events), *_of_secret(form, secret), *_of_url(url, form, params)]
    if faults:
        raise WrongUse("the webhook cannot be added", faults)


def check_new_secret(form: str, old: str, given: str | None) -> None:
    """Raises WrongUse for a secret that cannot sign, or for none where the receiver's is its own."""
    faults = [*_of_secret(form, given)] if given else []
    if not given and old and not is_signed_by_us(form, old):
        step = f"copy the new one from {form}: vitals webhooks rotate … --secret SECRET"
        faults = [Fault("--secret", None, f"the secret that {form} shows", step)]
    if faults:
        raise WrongUse("the secret cannot be changed", faults)


def _of_format(form: str) -> Iterator[Fault]:
    if form not in FORMATS:
        yield Fault("--format", form, f"one of {', '.join(FORMATS)}", nearest(form, FORMATS))


def _of_events(events: Sequence[str]) -> Iterator[Fault]:
    """An event that is never announced would be waited for in vain."""
    known = dict.fromkeys((*EVENT_KINDS, *EVENT_TYPES))
    for event in events:
        if event not in known:
            yield Fault("--event", event, f"one of {', '.join(known)}", nearest(event, known))


def _of_secret(form: str, secret: str) -> Iterator[Fault]:
    """The value is not said: a refusal may end in a log."""
    if is_signed_by_us(form, secret) and not is_secret(secret):
        yield Fault("--secret", "…", ALLOWED, "leave it out (and VITALS_WEBHOOK_SECRET): a new one is made")


def _of_url(url: str, form: str, params: DeliveryParams) -> Iterator[Fault]:
    if form == "email":
        plain = url.startswith("mailto:") and url.isprintable() and " " not in url
        if not (plain and is_mailbox(url.removeprefix("mailto:"))):
            yield Fault("URL", url, "mailto: and an address", "write mailto:name@example.com")
        return
    try:
        check_target(url, params.networks)
    except AddressRefusedError as refused:
        step = f"{refused}; a network of your own is allowed in delivery.allow_networks"
        yield Fault("URL", url, "a URL that leads to public addresses only", step)
