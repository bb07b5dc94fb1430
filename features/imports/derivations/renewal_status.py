"""A deal's stages and close dates as changes of a renewal, each known when it was made."""

from __future__ import annotations

import ibis
import ibis.expr.types as ir

RENEWS = r"renew|existing ?business|续约|续费|续签"
COMMITTED = r"commit|contract sent|verbal|承诺|合同"
AT_RISK = r"risk|风险|流失预警"


def status_of(won: ir.Value, closed: ir.Value, label: ir.Value) -> ir.Value:
    """The canonical status of a stage: won and closed by its flags, the rest by the words of its label."""
    words = label.lower()
    return ibis.cases(
        (won.fill_null(False), "renewed"),
        (closed.fill_null(False), "churned"),
        (words.re_search(AT_RISK), "at_risk"),
        (words.re_search(COMMITTED), "committed"),
        else_="open",
    )


def renewal_changes(deals: ir.Table, steps: ir.Table, dates: ir.Table) -> ir.Table:
    """One row per deal and moment at which its stage or its close date changed, with both as of then.

    `deals` has contract_id, stage, renewal_at (both as in the export), created_at, seen_at and whatever
    is to be carried along; `steps` has contract_id, at, stage; `dates` has contract_id, at, moved_to.
    A deal without steps is one row, known from `seen_at` (`undated`). Before its first recorded date a
    deal has the first one; a deal without recorded dates has the export's (`date_undated`).
    """
    steps = steps.filter(steps["at"].notnull()).select("contract_id", "at", step="stage")
    dates = dates.filter(dates["at"].notnull() & dates.moved_to.notnull())
    moments = steps.select("contract_id", "at").union(dates.select("contract_id", "at"), distinct=True)
    stood = _in_force(moments, steps, "step")
    stood = _in_force(stood, dates.select("contract_id", "at", "moved_to"), "moved_to")
    # A date that was set before the first stage tells nothing yet: there is no status to go with it.
    stood = stood.filter(stood.step.notnull())
    first = dates.group_by("contract_id").aggregate(first_date=dates.moved_to.argmin(dates["at"]))
    rows = deals.left_join(stood, "contract_id").drop("contract_id_right")
    rows = rows.left_join(first, "contract_id").drop("contract_id_right")
    return rows.mutate(
        undated=rows["at"].isnull(),
        date_undated=rows.first_date.isnull(),
        changed_at=ibis.coalesce(rows["at"], rows.seen_at),
        stage=ibis.coalesce(rows.step, rows.stage),
        renewal_at=ibis.coalesce(rows.moved_to, rows.first_date, rows.renewal_at),
    ).drop("at", "step", "moved_to", "first_date")


def _in_force(moments: ir.Table, changes: ir.Table, value: str) -> ir.Table:
    """`value` as it stood at each moment: that of the newest change up to then."""
    renamed = changes.select(of="contract_id", since="at", **{value: value})
    met = moments.left_join(
        renamed, (moments.contract_id == renamed["of"]) & (renamed.since <= moments["at"])
    )
    keys = list(moments.columns)
    return met.group_by(keys).aggregate(**{value: met[value].argmax(met.since)})
