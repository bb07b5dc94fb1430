"""The table of outcomes. It is declared here, and not beside the other canonical tables, so that
no code in `features` can name, read or reach it."""

from __future__ import annotations

from features.source_tables import RECORDED, SOURCE_TABLES, SourceTable, maybe_text, text, time

CHURN_KINDS = ("full", "contraction")

CHURNS = SourceTable(
    "churns",
    "One row per loss: the account left (`full`) or shrank (`contraction`) at `churned_at`. Written "
    "by sales operations, often some days later (`recorded_at`).",
    (
        text("account_id"),
        time("churned_at"),
        RECORDED,
        maybe_text("reason"),
        text("kind", *CHURN_KINDS),
    ),
    key=("account_id", "churned_at", "kind"),
    happens="churned_at",
)

ALL_TABLES: dict[str, SourceTable] = {**SOURCE_TABLES, CHURNS.name: CHURNS}
