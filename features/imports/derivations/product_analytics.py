"""Pendo and Mixpanel: events of visitors, with the account that each visitor belongs to."""

from __future__ import annotations

import ibis
import ibis.expr.types as ir

from features.imports.derivations.declared import Derivation, Inputs, Wants, first_reason, newest

ACCOUNT_HISTORY = Wants(
    text=("id", "agent_name", "salesforce_name", "salesforce_segment_c", "salesforce_region_c"),
    time=("last_updated_at", "first_visit"),
    needs=("id",),
)


def _accounts(x: Inputs) -> ir.Table:
    """One row per account: traits as first written, known from the first visit."""
    h = x["history"]
    rows = h.group_by("id").aggregate(
        created_at=h.first_visit.min(),
        since=h.last_updated_at.min(),
        name=ibis.coalesce(h.agent_name, h.salesforce_name).argmin(h.last_updated_at),
        segment=h.salesforce_segment_c.argmin(h.last_updated_at),
        region=h.salesforce_region_c.argmin(h.last_updated_at),
    )
    return rows.mutate(
        created_at=ibis.coalesce(rows.created_at, rows.since),
        row_key=rows.id,
        left_out=first_reason(
            (ibis.coalesce(rows.created_at, rows.since).isnull(), "an account without a date")
        ),
        told=first_reason((rows.created_at.isnull(), "no first visit: known from its first version on")),
    )


EVENTS = Wants(
    text=("account_id", "visitor_id", "feature_id", "page_id"),
    time=("timestamp",),
    number=("num_events",),
    needs=("visitor_id", "timestamp"),
)
NAMED = Wants(text=("id", "name", "group_id"), time=("last_updated_at",), needs=("id", "name"))
GROUPS = Wants(text=("id", "name"), needs=("id",))
VISITOR_ACCOUNTS = Wants(
    text=("visitor_id", "account_id"), time=("visitor_last_updated_at",), needs=("visitor_id",)
)
VISITORS = Wants(text=("id", "account_id"), time=("last_updated_at",), needs=("id",))


def _usage(x: Inputs) -> ir.Table:
    groups = x["groups"].select(group_id="id", module="name").distinct(on="group_id")
    features = newest(x["features"], "id", "last_updated_at").select(
        "group_id", feature_id="id", feature="name"
    )
    features = features.left_join(groups, "group_id").drop("group_id_right", "group_id")
    pages = newest(x["pages"], "id", "last_updated_at").select(page_id="id", page="name")
    # A catch-all of every event: it would count the others twice, and stands in only where both are absent.
    fallback = x["events"].filter(
        (x["feature_events"].count().as_scalar() == 0) & (x["page_events"].count().as_scalar() == 0)
    )
    rows = ibis.union(x["feature_events"], x["page_events"], fallback)
    rows = rows.left_join(features, "feature_id").drop("feature_id_right")
    rows = rows.left_join(pages, "page_id").drop("page_id_right")
    rows = _with_account(rows, x)
    return rows.mutate(
        module=ibis.coalesce(rows.module, rows.page, rows.page_id),
        feature=ibis.coalesce(rows.feature, rows.feature_id),
        quantity=rows.num_events.fill_null(1.0),
        row_key=rows.visitor_id,
        left_out=first_reason(
            (rows.account_key.isnull(), "an event of a visitor without an account"),
            (rows.timestamp.isnull(), "an event without a time"),
        ),
        told=first_reason((rows.account_id.isnull(), "no account on the event: the visitor's account")),
    )


def _with_account(rows: ir.Table, x: Inputs) -> ir.Table:
    links = newest(x["visitor_accounts"], "visitor_id", "visitor_last_updated_at")
    links = links.select("visitor_id", linked="account_id")
    people = newest(x["visitors"], "id", "last_updated_at").select(visitor_id="id", home="account_id")
    rows = rows.left_join(links, "visitor_id").drop("visitor_id_right")
    rows = rows.left_join(people, "visitor_id").drop("visitor_id_right")
    return rows.mutate(account_key=ibis.coalesce(rows.account_id, rows.linked, rows.home))


POLLS = Wants(text=("id", "attribute_type"), needs=("id", "attribute_type"))
POLL_EVENTS = Wants(
    text=("account_id", "visitor_id", "poll_id", "poll_response"), time=("timestamp",), needs=("visitor_id",)
)


def _polls(x: Inputs) -> ir.Table:
    polls = x["polls"].filter(x["polls"].attribute_type == "NPSRating").select(poll_id="id").distinct()
    rows = _with_account(x["poll_events"].semi_join(polls, "poll_id"), x)
    score = rows.poll_response.try_cast("float64")
    return rows.mutate(
        answer_id=rows.poll_id + "-" + rows.visitor_id + "-" + rows.timestamp.cast("string"),
        score=score,
        row_key=rows.poll_id + "-" + rows.visitor_id,
        left_out=first_reason(
            (rows.account_key.isnull(), "an answer of a visitor without an account"),
            (rows.timestamp.isnull(), "an answer without a time"),
            (~score.between(0, 10).fill_null(False), "an NPS answer that is no number from 0 to 10"),
        ),
        told=ibis.null("string"),
    )


MIXPANEL = Wants(
    text=("name", "distinct_id", "properties", "insert_id"),
    time=("time",),
    needs=("name", "distinct_id", "time"),
)
ACCOUNT_PROPERTIES = (
    *("account_id", "accountId", "company_id", "companyId", "organization_id", "org_id"),
    *("group_id", "workspace_id", "$group_id"),
)


def _mixpanel(x: Inputs) -> ir.Table:
    """An event belongs to the account that its properties name, else to the domain of an e-mail, else to
    the person: who can be matched only by an identity map that names them."""
    rows = x["events"]
    named = [_property(rows.properties, name) for name in ACCOUNT_PROPERTIES]
    mail = ibis.coalesce(
        *(_property(rows.properties, name) for name in ("$email", "email")), rows.distinct_id
    )
    domain = mail.lower().re_extract(r"@([^@\s]+)$", 1).nullif("")
    rows = rows.mutate(named=ibis.coalesce(*named), domain=domain)
    # A client sends an event again when in doubt: the same insert_id is the same event.
    again = ibis.row_number().over(
        group_by=[rows.distinct_id, rows["name"], rows.time, rows.insert_id], order_by=rows.properties
    )
    rows = rows.mutate(again=rows.insert_id.notnull() & (again > 0))
    return rows.mutate(
        account_key=ibis.coalesce(rows.named, rows.domain, rows.distinct_id),
        quantity=ibis.literal(1.0),
        row_key=rows.distinct_id,
        left_out=first_reason(
            (rows.again, "an event that was sent twice (the same insert_id)"),
            (rows.distinct_id.isnull(), "an event of nobody"),
            (rows.time.isnull(), "an event without a time"),
        ),
        told=first_reason((rows.named.isnull() & rows.domain.isnull(), "names no account: only its person")),
    )


def _property(properties: ir.Value, name: str) -> ir.Value:
    """A property of an event; read by pattern, because one event that is no JSON must not stop the rest."""
    quoted = name.replace("$", r"\$")
    return properties.re_extract(rf'"{quoted}"\s*:\s*"?([^",}}\]]+)', 1).strip().nullif("").nullif("null")


PRODUCT_ANALYTICS = {
    "pendo_accounts": Derivation({"history": ACCOUNT_HISTORY}, _accounts),
    "pendo_usage": Derivation(
        {
            **dict.fromkeys(("feature_events", "page_events", "events"), EVENTS),
            **dict.fromkeys(("features", "pages"), NAMED),
            "groups": GROUPS,
            "visitor_accounts": VISITOR_ACCOUNTS,
            "visitors": VISITORS,
        },
        _usage,
    ),
    "pendo_polls": Derivation(
        {
            "polls": POLLS,
            "poll_events": POLL_EVENTS,
            "visitor_accounts": VISITOR_ACCOUNTS,
            "visitors": VISITORS,
        },
        _polls,
    ),
    "mixpanel_usage": Derivation({"events": MIXPANEL}, _mixpanel),
}
