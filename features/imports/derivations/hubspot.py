"""HubSpot: deals told by their stage history, contacts by their job titles, engagements as notes."""

from __future__ import annotations

import ibis
import ibis.expr.types as ir

from features.imports.derivations.declared import Derivation, Inputs, Wants, first_reason, latest
from features.imports.derivations.job_titles import role_periods
from features.imports.derivations.renewal_status import RENEWS, renewal_changes, status_of

DEALS = Wants(
    text=("deal_id", "deal_pipeline_id", "deal_pipeline_stage_id", "property_dealname", "property_dealtype"),
    time=("property_createdate", "property_closedate", "property_hs_lastmodifieddate", "_fivetran_synced"),
    flag=("is_deleted",),
    needs=("deal_id",),
)
STAGES = Wants(
    text=("deal_id", "value"), time=("date_entered", "_fivetran_start"), needs=("deal_id", "value")
)
PIPELINE_STAGES = Wants(
    text=("stage_id", "label"), flag=("is_closed", "closed_won"), number=("probability",), needs=("stage_id",)
)
PIPELINES = Wants(text=("pipeline_id", "label"), needs=("pipeline_id",))
DEAL_COMPANIES = Wants(text=("deal_id", "company_id"), needs=("deal_id", "company_id"))
DEAL_HISTORY = Wants(text=("deal_id", "name", "value"), time=("timestamp",), needs=("deal_id", "name"))


def _renewals(x: Inputs) -> ir.Table:
    pipelines = x["pipelines"].select(deal_pipeline_id="pipeline_id", pipeline="label")
    deals = x["deals"].left_join(pipelines.distinct(on="deal_pipeline_id"), "deal_pipeline_id")
    owner = (
        x["companies"]
        .group_by("deal_id")
        .aggregate(account_id=x["companies"].company_id.min(), others=x["companies"].company_id.nunique() - 1)
    )
    deals = deals.left_join(owner, "deal_id").drop("deal_id_right", "deal_pipeline_id_right")
    says = ibis.coalesce(deals.property_dealtype, "") + " " + ibis.coalesce(deals.pipeline, "")
    says = says + " " + ibis.coalesce(deals.property_dealname, "")
    deals = deals.mutate(renews=says.lower().re_search(RENEWS))
    entered = ibis.coalesce(x["stages"].date_entered, x["stages"]._fivetran_start)
    steps = x["stages"].mutate(at=entered).select("deal_id", "at", stage="value")
    dates = x["history"].filter(x["history"].name == "closedate")
    dates = dates.mutate(moved_to=_instant(dates.value)).select("deal_id", "moved_to", at="timestamp")
    changes = renewal_changes(
        deals.select(
            "account_id",
            *("renews", "others", "is_deleted"),
            contract_id="deal_id",
            stage="deal_pipeline_stage_id",
            renewal_at="property_closedate",
            created_at="property_createdate",
            seen_at=latest(deals.property_hs_lastmodifieddate, deals._fivetran_synced),
        ),
        steps.rename(contract_id="deal_id"),
        dates.rename(contract_id="deal_id"),
    )
    return _told(changes, x["pipeline_stages"])


def _told(changes: ir.Table, stages: ir.Table) -> ir.Table:
    known = stages.select(stage="stage_id", won="closed_won", closed="is_closed", label="label")
    rows = changes.left_join(known.distinct(on="stage"), "stage").drop("stage_right")
    return rows.mutate(
        status=status_of(rows.won, rows.closed, ibis.coalesce(rows.label, rows.stage)),
        row_key=rows.contract_id,
        left_out=first_reason(
            (rows.is_deleted.fill_null(False), "a deleted deal"),
            (~rows.renews, "a deal that neither type, pipeline nor name calls a renewal"),
            (rows.account_id.isnull(), "a deal of no company"),
            (rows.renewal_at.isnull(), "a renewal without a close date"),
            (
                rows.changed_at.isnull(),
                "a deal without a stage history and without a time of its last change",
            ),
        ),
        told=first_reason(
            (rows.undated, "no stage history: the stage is known only from its last change on"),
            (rows.others > 0, "a deal of several companies: counted for the first by id"),
            (rows.date_undated, "no history of the close date: as it stands in the export"),
        ),
    )


def _instant(value: ir.Value) -> ir.Value:
    """A property's date: milliseconds since 1970, or written out."""
    seconds = value.try_cast("int64") // 1000
    return ibis.coalesce(
        seconds.as_timestamp("s").cast("timestamp('UTC')"), value.try_cast("timestamp('UTC')")
    )


CONTACTS = Wants(
    text=("id", "property_associatedcompanyid", "property_jobtitle", "property_hs_buying_role"),
    time=("property_createdate",),
    flag=("_fivetran_deleted",),
    needs=("id",),
)
CONTACT_COMPANIES = Wants(text=("contact_id", "company_id"), needs=("contact_id", "company_id"))
CONTACT_HISTORY = Wants(
    text=("contact_id", "name", "value"), time=("timestamp",), needs=("contact_id", "name")
)


def _contacts(x: Inputs) -> ir.Table:
    links = x["companies"].group_by("contact_id").aggregate(linked=x["companies"].company_id.min())
    now = x["contacts"].rename(contact_id="id")
    now = now.left_join(links, "contact_id").drop("contact_id_right")
    now = now.mutate(account_id=ibis.coalesce(now.property_associatedcompanyid, now.linked))
    title = ibis.coalesce(now.property_hs_buying_role.replace("_", " "), now.property_jobtitle)
    now = now.select("contact_id", "account_id", created_at="property_createdate", title=title)
    edits = x["history"].filter((x["history"].name == "jobtitle") & x["history"].timestamp.notnull())
    edits = edits.select("contact_id", since="timestamp", edited="value")
    versions = now.left_join(edits, "contact_id").drop("contact_id_right")
    versions = versions.mutate(title=ibis.coalesce(versions.edited, versions.title)).drop("edited")
    return role_periods(versions)


ENGAGEMENT = Wants(
    text=(
        *("engagement_id", "title", "body", "property_hs_note_body", "property_hs_call_title"),
        *("property_hs_call_body", "property_hs_meeting_title", "property_hs_meeting_body"),
        *("property_hs_email_subject", "property_hs_email_text", "property_hubspot_owner_id"),
    ),
    time=("property_hs_timestamp", "start_time", "property_hs_createdate", "property_hs_lastmodifieddate"),
    flag=("_fivetran_deleted",),
    needs=("engagement_id",),
)
LINKS = Wants(text=("engagement_id", "company_id"), needs=("engagement_id", "company_id"))
KINDS = {"notes": "crm_note", "calls": "call", "meetings": "call", "emails": "email"}
REVIEW = r"\bqbr\b|\bebr\b|business review|业务回顾|季度回顾"


def _notes(x: Inputs) -> ir.Table:
    whole = ibis.union(*(x[name].mutate(kind=ibis.literal(kind)) for name, kind in KINDS.items()))
    links = x["links"].select("engagement_id", "company_id").distinct()
    rows = whole.left_join(links, "engagement_id").drop("engagement_id_right")
    title = ibis.coalesce(
        rows.property_hs_meeting_title,
        rows.property_hs_call_title,
        rows.property_hs_email_subject,
        rows.title,
    )
    body = ibis.coalesce(
        rows.property_hs_note_body,
        rows.property_hs_meeting_body,
        rows.property_hs_call_body,
        rows.property_hs_email_text,
        rows.body,
    )
    happened = ibis.coalesce(rows.property_hs_timestamp, rows.start_time)
    written = latest(rows.property_hs_createdate, rows.property_hs_lastmodifieddate)
    return rows.mutate(
        note_id=rows.engagement_id + "-" + rows.company_id,
        kind=title.lower().re_search(REVIEW).fill_null(False).ifelse("qbr", rows.kind),
        author=rows.property_hubspot_owner_id,
        happened_at=happened,
        recorded_at=ibis.coalesce(latest(written, happened), happened),
        text=ibis.coalesce(title + "\n" + body, body, title),
        row_key=rows.engagement_id,
        left_out=first_reason(
            (rows._fivetran_deleted.fill_null(False), "a deleted engagement"),
            (rows.company_id.isnull(), "an engagement of no company"),
            (happened.isnull(), "an engagement without a time"),
        ),
        told=first_reason((written.isnull(), "no time of writing: known when it happened")),
    )


HUBSPOT = {
    "hubspot_renewals": Derivation(
        {
            "deals": DEALS,
            "stages": STAGES,
            "pipeline_stages": PIPELINE_STAGES,
            "pipelines": PIPELINES,
            "companies": DEAL_COMPANIES,
            "history": DEAL_HISTORY,
        },
        _renewals,
    ),
    "hubspot_contacts": Derivation(
        {"contacts": CONTACTS, "companies": CONTACT_COMPANIES, "history": CONTACT_HISTORY}, _contacts
    ),
    "hubspot_notes": Derivation({**dict.fromkeys(KINDS, ENGAGEMENT), "links": LINKS}, _notes),
}
