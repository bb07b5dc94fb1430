"""Back to the champion before: one alias is set, and the running service follows it within a second."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from features.faults import Fault, WrongUse
from training import registry

if TYPE_CHECKING:
    from mlflow import MlflowClient

RULE = "rule"


@dataclass(frozen=True)
class Rollback:
    """From which version to which; `rule`: no model is champion any more."""

    rolled_back: str
    champion: str
    reason: str

    def as_dict(self) -> dict[str, Any]:
        """Plain values, fit for JSON."""
        return asdict(self)

    def as_text(self) -> str:
        """For people."""
        now = (
            "the rule answers" if self.champion == RULE else f"version {self.champion} is the champion again"
        )
        was = "the rule" if self.rolled_back == RULE else f"version {self.rolled_back}"
        return f"{was} is rolled back ({self.reason}); {now}"


def roll_back(store: Path, to: str | None, reason: str) -> Rollback:
    """Makes the champion before champion again, or the version (or `rule`) that is named.

    The version is read and its golden rows are computed first: nothing changes where it cannot answer.
    WrongUse where there is no champion, nothing before it, or the one named is it already or never was
    champion: the gate is not passed over by going back. DataFault where the bundle is not the one that was
    signed.
    """
    with registry.tracking(store, make=False) as client:
        champion = registry.version_of(client, "champion")
        if champion is None and to in (None, RULE):
            fault = Fault("champion", None, "a version that answers", "the rule answers already")
            raise WrongUse("there is nothing to roll back", [fault])
        target = champion_before(client, champion) if champion is not None and to is None else str(to)
        if target == champion:
            fault = Fault(
                "--to", target, "another version than the champion", "vitals card shows the champion"
            )
            raise WrongUse("it is the champion already", [fault])
        if target == RULE:
            client.delete_registered_model_alias(registry.MODEL, "champion")
        else:
            _check_answers(client, target, store)
            client.set_registered_model_alias(registry.MODEL, "champion", target)
        if champion is not None:
            client.set_model_version_tag(registry.MODEL, champion, "rolled_back", reason)
        return Rollback(champion or RULE, target, reason)


def champion_before(client: MlflowClient, version: str) -> str:
    """Whom a version followed as champion, by its card; `rule` where nobody was. WrongUse where none says."""
    try:
        card = registry.logged_document(client, version, "card.json")
        return str(card["gate"]["champion_before"] or RULE)
    except (FileNotFoundError, KeyError, TypeError):
        fault = Fault("--to", None, "a version's number, or rule", "name it: vitals rollback --to …")
        raise WrongUse(f"it is not known whom version {version} followed", [fault]) from None


def _check_answers(client: MlflowClient, version: str, store: Path) -> None:
    from mlflow.exceptions import MlflowException

    try:
        if "promoted" not in client.get_model_version(registry.MODEL, version).tags:
            step = "vitals promote puts it to the gate, with --force and --reason past it"
            fault = Fault("--to", version, "a version that was champion before", step)
            raise WrongUse(f"version {version} was never champion", [fault])
        registry.model_of(client, version, store)
    except MlflowException:
        found = client.search_model_versions(f"name = '{registry.MODEL}'")
        known = ", ".join(sorted((str(each.version) for each in found), key=int)) or "none"
        fault = Fault(
            "--to", version, f"one of the versions {known}, or {RULE}", "vitals card --version shows one"
        )
        raise WrongUse("no such version", [fault]) from None
