"""Salesforce: accounts as first written, opportunities by their history, tasks and events as notes."""

from __future__ import annotations

import ibis
import ibis.expr.types as ir

from features.imports.derivations.declared import Derivation, Inputs, Wants, first_reason, latest
from features.imports.derivations.job_titles import role_periods
from features.imports.derivations.renewal_status import RENEWS, status_of

TRAITS = ("industry", "billing_country", "type")
ACCOUNTS = Wants(
    text=("id", "name", "owner_id", "parent_id", *TRAITS),
    time=("created_date",),
    flag=("is_deleted",),
    needs=("id",),
)
VERSIONS_OF_ACCOUNTS = Wants(text=("id", *TRAITS), time=("_fivetran_start",), needs=("id",))
USERS = Wants(text=("id", "name", "username"), needs=("id",))
DATED = Wants(text=("account_id",), time=("created_date",), needs=("account_id",))


def _accounts(x: Inputs) -> ir.Table:
    history = x["history"].filter(x["history"]._fivetran_start.notnull())
    first = history.group_by("id").aggregate(
        since=history._fivetran_start.min(),
        **{f"first_{name}": history[name].argmin(history._fivetran_start) for name in TRAITS},
    )
    met = ibis.union(
        *(x[name].select("account_id", "created_date") for name in ("opportunities", "contacts"))
    )
    met = met.group_by("account_id").aggregate(met_on=met.created_date.min())
    rows = x["accounts"].left_join(first, "id").drop("id_right")
    rows = rows.left_join(met, rows.id == met.account_id).drop("account_id")
    users = x["users"].select(owner_id="id", owner=ibis.coalesce(x["users"].name, x["users"].username))
    rows = rows.left_join(users.distinct(on="owner_id"), "owner_id")
    derived = ibis.coalesce(ibis.least(rows.since, rows.met_on), rows.since, rows.met_on)
    created = ibis.coalesce(rows.created_date, derived)
    kept = {name: ibis.coalesce(rows[f"first_{name}"], rows[name]) for name in TRAITS}
    return rows.mutate(
        **kept,
        account_id=rows.id,
        created_at=created,
        owner=ibis.coalesce(rows.owner, rows.owner_id),
        row_key=rows.id,
        left_out=first_reason(
            (rows.is_deleted.fill_null(False), "a deleted account"),
            (created.isnull(), "an account without any date: add created_date to the export"),
        ),
        told=first_reason(
            (rows.created_date.isnull(), "no created_date: the earliest date met with in the export"),
            (
                rows.since.isnull(),
                "no account history: industry, country and type as they stand in the export",
            ),
        ),
    )


OPPORTUNITY = ("id", "account_id", "name", "type", "stage_name", "forecast_category")
OPPORTUNITIES = Wants(
    text=OPPORTUNITY,
    time=("close_date", "created_date", "last_modified_date", "system_modstamp", "_fivetran_synced"),
    flag=("is_deleted", "is_closed", "is_won"),
    needs=("id", "account_id"),
)
VERSIONS = Wants(
    text=OPPORTUNITY,
    time=("_fivetran_start", "close_date", "created_date"),
    flag=("is_closed", "is_won"),
    needs=("id",),
)


def _renewals(x: Inputs) -> ir.Table:
    now = x["opportunities"]
    seen = ibis.coalesce(latest(now.last_modified_date, now.system_modstamp), now._fivetran_synced)
    shared = (*OPPORTUNITY, "close_date", "is_closed", "is_won")
    versions = x["history"].select(*shared, changed_at="_fivetran_start")
    versions = versions.filter(versions.changed_at.notnull()).mutate(undated=False)
    unwritten = now.anti_join(versions, "id").mutate(changed_at=seen.name("changed_at"), undated=True)
    rows = versions.union(unwritten.select(*shared, "changed_at", "undated"))
    gone = now.select(gone_id="id", gone="is_deleted").distinct(on="gone_id")
    rows = rows.left_join(gone, rows.id == gone.gone_id).drop("gone_id")
    label = ibis.coalesce(rows.stage_name, "") + " " + ibis.coalesce(rows.forecast_category, "")
    rows = rows.mutate(status=status_of(rows.is_won, rows.is_closed, label))
    order = [rows.changed_at, rows.status]
    before = {name: rows[name].lag().over(group_by="id", order_by=order) for name in ("status", "close_date")}
    kept = before["status"].isnull() | (before["status"] != rows.status)
    rows = rows.mutate(new=kept | ~before["close_date"].identical_to(rows.close_date))
    rows = rows.filter(rows.new)
    says = ibis.coalesce(rows.type, "") + " " + ibis.coalesce(rows.name, "")
    return rows.mutate(
        row_key=rows.id,
        left_out=first_reason(
            (rows.gone.fill_null(False), "a deleted opportunity"),
            (~says.lower().re_search(RENEWS), "an opportunity that neither type nor name calls a renewal"),
            (rows.account_id.isnull(), "an opportunity of no account"),
            (rows.close_date.isnull(), "a renewal without a close date"),
            (rows.changed_at.isnull(), "an opportunity without any time of change"),
        ),
        told=first_reason((rows.undated, "no history: the stage is known only from its last change on")),
    )


CONTACTS = Wants(
    text=("id", "account_id", "title"), time=("created_date",), flag=("is_deleted",), needs=("id",)
)
VERSIONS_OF_CONTACTS = Wants(text=("id", "account_id", "title"), time=("_fivetran_start",), needs=("id",))


def _contacts(x: Inputs) -> ir.Table:
    edits = x["history"].filter(x["history"]._fivetran_start.notnull())
    edits = edits.select("id", since="_fivetran_start", edited="title", home="account_id")
    rows = x["contacts"].filter(~x["contacts"].is_deleted.fill_null(False))
    rows = rows.left_join(edits, "id").drop("id_right")
    return role_periods(
        rows.select(
            contact_id="id",
            account_id=ibis.coalesce(rows.home, rows.account_id),
            title=rows.since.isnull().ifelse(rows.title, rows.edited),
            since="since",
            created_at="created_date",
        )
    )


ACTIVITY = Wants(
    text=("id", "account_id", "type", "task_subtype", "event_subtype", "subject", "description", "owner_id"),
    time=(
        *("activity_date", "activity_date_time", "start_date_time", "completed_date_time"),
        *("created_date", "last_modified_date"),
    ),
    flag=("is_deleted",),
    needs=("id",),
)
REVIEW = r"\bqbr\b|\bebr\b|business review|业务回顾|季度回顾"


def _notes(x: Inputs) -> ir.Table:
    rows = x["tasks"].union(x["events"])
    sort = (
        ibis.coalesce(rows.type, "") + " " + ibis.coalesce(rows.task_subtype, rows.event_subtype, "")
    ).lower()
    happened = ibis.coalesce(
        *(rows.start_date_time, rows.activity_date_time, rows.completed_date_time, rows.activity_date),
        rows.created_date,
    )
    written = latest(rows.created_date, rows.last_modified_date)
    return rows.mutate(
        note_id=rows.id,
        kind=ibis.cases(
            (ibis.coalesce(rows.subject, "").lower().re_search(REVIEW), "qbr"),
            (sort.re_search("email"), "email"),
            (sort.re_search("call|meeting|event"), "call"),
            else_="crm_note",
        ),
        author=rows.owner_id,
        happened_at=happened,
        recorded_at=latest(written, happened),
        text=ibis.coalesce(rows.subject + "\n" + rows.description, rows.description, rows.subject),
        row_key=rows.id,
        left_out=first_reason(
            (rows.is_deleted.fill_null(False), "a deleted activity"),
            (rows.account_id.isnull(), "an activity of no account"),
            (happened.isnull(), "an activity without a time"),
        ),
        told=first_reason((written.isnull(), "no time of writing: known when it happened")),
    )


SALESFORCE = {
    "salesforce_accounts": Derivation(
        {
            "accounts": ACCOUNTS,
            "history": VERSIONS_OF_ACCOUNTS,
            "users": USERS,
            "opportunities": DATED,
            "contacts": DATED,
        },
        _accounts,
    ),
    "salesforce_renewals": Derivation({"opportunities": OPPORTUNITIES, "history": VERSIONS}, _renewals),
    "salesforce_contacts": Derivation({"contacts": CONTACTS, "history": VERSIONS_OF_CONTACTS}, _contacts),
    "salesforce_notes": Derivation({"tasks": ACTIVITY, "events": ACTIVITY}, _notes),
}
