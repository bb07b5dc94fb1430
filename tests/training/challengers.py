"""Challengers made by hand, to stand before the gate on a real registry."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any
from urllib.parse import urlparse

import pandas as pd
from scipy.special import expit, logit

from training.bundle_signature import sign_bundle
from training.gate_verdict import Verdict
from training.promotion import Promotion
from training.registry import MODEL, bundle_folder, experiment, logged_document, tracking, version_of

QUESTIONS = (
    "was tested on several past dates",
    "ranks better than chance",
    "knows more than the base rate",
    "knows more than tenure and the renewal date",
    "is better than the rule",
    "foretells as many churns as come",
    "its odds mean what they say",
    "its red accounts churn far more than the rest",
    "churners were below green 60-90 days ahead",
    "not all of the book is green",
)


def challenge(
    registry: Path,
    tested: pd.DataFrame,
    scratch: Path,
    horizon: str = "120d",
    leakage: dict[str, Any] | str | None = "leakage.json",
) -> str:
    """A new challenger with these predictions out of time, on the artifacts of version 1.

    `leakage` is what the checks found: a document, the name of version 1's, or None for a run unchecked.
    """
    with tracking(registry) as client:
        first = client.get_model_version(MODEL, "1")
        run = client.create_run(experiment(client, registry))
        client.log_param(run.info.run_id, "horizon", horizon)
        tested.to_parquet(scratch / "predictions.parquet")
        client.log_artifact(run.info.run_id, str(scratch / "predictions.parquet"))
        facts = client.get_run(first.run_id).data.tags
        for name in ("data_fingerprint", "trained_until", "known_until"):
            client.set_tag(run.info.run_id, name, facts[name])
        same = ("splits.json", "params.json", "comparison.json")
        for name, document in {"leakage.json": leakage, **{name: name for name in same}}.items():
            if document is not None:
                text = logged_document(client, "1", name) if isinstance(document, str) else document
                client.log_dict(run.info.run_id, text, name)
        made_by = {"source_run_id": run.info.run_id}
        copied = client.create_logged_model(run.info.experiment_id, name="copied", **made_by)
        place = Path(urlparse(copied.artifact_location).path, "artifacts/bundle")
        shutil.copytree(bundle_folder(client, "1", registry), place)
        source = f"models:/{copied.model_id}"
        made = client.create_model_version(MODEL, source, run_id=run.info.run_id)
        sign_bundle(bundle_folder(client, made.version, registry), made.version, registry)
        client.set_registered_model_alias(MODEL, "challenger", made.version)
        return str(made.version)


def aliases(registry: Path) -> dict[str, str | None]:
    with tracking(registry) as client:
        return {name: version_of(client, name) for name in ("challenger", "champion")}


def promoted_tag(registry: Path, version: str) -> str | None:
    with tracking(registry) as client:
        tag: str | None = client.get_model_version(MODEL, version).tags.get("promoted")
        return tag


def sharper(tested: pd.DataFrame, by: float) -> pd.DataFrame:
    """Predictions that know more of the outcomes than these do."""
    push = by * (2 * tested["churned"] - 1)
    return tested.assign(answer=expit(logit(tested["answer"]) + push))


def failed(found: Promotion) -> list[str]:
    return [verdict.question for verdict in found.verdicts if not verdict.passed]


def verdict_on(found: Promotion | list[Verdict], question: str) -> Verdict:
    """The gate's answer to a question."""
    verdicts = found if isinstance(found, list) else found.verdicts
    return next(verdict for verdict in verdicts if verdict.question == question)
