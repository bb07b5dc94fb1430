"""The records behind one driver of one account, from the documents that were kept of them.

Nothing is computed here: the documents say which record counts for which feature, and what was read in
its text (`evidence_documents.py`). So the answer is what was known when the snapshot was published.
"""

from __future__ import annotations

from shlex import quote
from typing import Any

from features.faults import Fault
from serving.api.problems import EVIDENCE_NOT_KEPT, UNKNOWN_DRIVER, Faults, Problem
from serving.api.request_fields import feature_advice
from serving.evidence.evidence_tables import Document
from serving.history.history_answers import account_of_snapshot, snapshot_for
from serving.history.store import ScoreStore

SAYS = {
    "absent": {"en": "no {table} in the book", "zh": "数据中没有{table}表"},
    "empty": {"en": "no record of {table} counts: {missing}", "zh": "{table}中没有计入的记录:{missing}"},
}


def evidence_of(store: ScoreStore, account_id: str, driver: str, as_of: str | None) -> dict[str, Any]:
    """The answer of `GET /v1/accounts/{id}/evidence`.

    Raises Problem where there is no such snapshot, account or driver, or where evidence was not kept.
    """
    snapshot = snapshot_for(store, as_of)
    account = account_of_snapshot(store, snapshot, account_id)
    kept = store.evidence_of(snapshot, account_id)
    if kept is None:
        date = snapshot.as_of[:10]
        step = f"run: vitals evidence {quote(account_id)} --driver {quote(driver)} --as-of {date}"
        told = "Evidence is kept for the newest snapshots only, and is not kept for this one."
        fault = Fault("as_of", snapshot.as_of, "a snapshot whose evidence is kept", step)
        raise Problem(EVIDENCE_NOT_KEPT, [fault], detail=told)
    index, document = kept
    shown = [each for each in account.payload["drivers"] if each["feature"] == driver]
    answer = records_behind(index, document, driver)
    return {
        "account_id": account_id,
        "as_of": snapshot.as_of,
        **answer,
        "points": shown[0]["points"] if shown else None,
        "snapshot": snapshot.as_dict(),
    }


def records_behind(index: Document, document: Document, driver: str) -> dict[str, Any]:
    """The driver, its records by table, what the book lacks, and the mentions that were left out.

    Raises Problem naming the nearest driver where it has none of that name.
    """
    if driver not in index["features"]:
        faults = Faults()
        faults.add("driver", driver, "a feature of the catalogue", feature_advice(driver, index["features"]))
        faults.raise_any(UNKNOWN_DRIVER)
    feature = index["features"][driver]
    tables = [
        _table(index["tables"][name], document["tables"].get(name), name, driver, feature)
        for name in feature["tables"]
        if name in index["tables"]
    ]
    return {
        "driver": {"feature": driver, **{k: feature[k] for k in ("family", "pillar", "role", "title")}},
        "tables": tables,
        "absent": [{"table": name, "text": _says("absent", table=name)} for name in feature["absent"]],
        "left_out": document["left_out"].get(driver, {}),
    }


def _table(
    schema: Document, kept: Document | None, name: str, driver: str, feature: Document
) -> dict[str, Any]:
    kept, bit = kept or {"rows": []}, 1 << schema["features"].index(driver)
    spans = kept.get("spans", {})
    records = []
    for place, (counts_for, *values) in enumerate(kept["rows"]):
        if counts_for & bit:
            record = dict(zip(schema["columns"], values, strict=True))
            if schema["text"] and feature["reads"]:
                record["spans"] = _spans(record[schema["text"]], spans.get(str(place), ()), feature["reads"])
            records.append(record)
    total = kept.get("totals", {}).get(driver, len(records))
    missing = feature["missing"]
    found: dict[str, Any] = {"table": name, "text_column": schema["text"], "records": records}
    says = (
        None if records else {k: v.format(table=name, missing=missing[k]) for k, v in SAYS["empty"].items()}
    )
    return {**found, "shown": len(records), "total": total, "says": says}


def _spans(text: str, spans: Any, reads: list[str]) -> list[dict[str, Any]]:
    """The words that the feature reads, with why a mention is left out."""
    tone = reads == ["tone"]
    return [
        {
            "start": start,
            "end": end,
            "words": text[start:end],
            "theme": theme,
            "value": value,
            "counts": left_out is None,
            "left_out": left_out,
        }
        for start, end, theme, value, left_out in spans
        if (theme in reads if theme else tone)
    ]


def _says(what: str, **words: str) -> dict[str, str]:
    return {language: text.format(**words) for language, text in SAYS[what].items()}
