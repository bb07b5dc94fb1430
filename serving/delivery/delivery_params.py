"""The `delivery:` section of `params.yaml`: how webhooks and e-mails are sent."""

from __future__ import annotations

import ipaddress
from typing import Annotated

from pydantic import AfterValidator, Field

from features.params_file import Section
from features.units import Hours
from serving.delivery.dial import Network


def known_network(text: str) -> str:
    """`text` where it is a network in CIDR notation; ValueError where it is not."""
    try:
        ipaddress.ip_network(text)
    except ValueError:
        raise ValueError("must be a network such as '10.1.2.0/24'") from None
    return text


class SmtpParams(Section):
    """The operator's mail server; without a host no e-mail is sent."""

    host: str = ""
    port: Annotated[int, Field(ge=1, le=65535)] = 587
    sender: str = "vitals@localhost"
    starttls: bool = True


class DeliveryParams(Section):
    """How long a receiver may take, when it is given up, and which networks inside may be called (none).

    An endpoint is disabled after `disable_failures` failures in a row over `disable_after`.
    """

    timeout_seconds: Annotated[float, Field(gt=0, le=60)] = 10
    disable_after: Annotated[Hours, Field(ge=1)] = 72
    disable_failures: Annotated[int, Field(ge=1)] = 8
    senders: Annotated[int, Field(ge=1, le=64)] = 8
    allow_networks: tuple[Annotated[str, AfterValidator(known_network)], ...] = ()
    smtp: SmtpParams = SmtpParams()

    @property
    def networks(self) -> tuple[Network, ...]:
        """The networks inside that the operator allows, parsed."""
        return tuple(ipaddress.ip_network(text) for text in self.allow_networks)
