"""Zendesk tickets, told by their field history: when resolved, when reopened, in how many contacts.

A ticket that is reopened becomes a row of its own from then on (`id#2`, `#3`, …). One row could not tell
it: its resolution was known, and taken for the end, until the day it was reopened
(docs/decisions/a-reopened-ticket-is-a-second-row.md). What is edited in place (type, priority) is
taken as it stood when the row opened.
"""

from __future__ import annotations

import ibis
import ibis.expr.types as ir

from features.imports.derivations.declared import Derivation, Inputs, Wants, first_reason

DONE = ("solved", "closed")
UNDER_WAY = ("new", "open", "pending", "hold", "on-hold")
ANSWERED = ("good", "bad")

TICKETS = Wants(
    text=(
        *("id", "organization_id", "requester_id", "type", "priority", "status", "subject"),
        *("description",),
    ),
    time=("created_at", "updated_at"),
    needs=("id", "created_at"),
)
HISTORY = Wants(
    text=("ticket_id", "field_name", "value"), time=("updated",), needs=("ticket_id", "field_name", "value")
)
COMMENTS = Wants(text=("ticket_id", "user_id"), time=("created",), flag=("public",), needs=("ticket_id",))
USERS = Wants(text=("id", "role", "organization_id"), needs=("id",))


def _tickets(x: Inputs) -> ir.Table:
    tickets = _with_account(x)
    rows = _as_opened(_episodes(tickets, x["history"]), x["history"])
    rows = _with_contacts(rows, x["comments"], x["users"])
    undated = rows.resolved_at.isnull() & rows.status.isin(DONE) & rows.unwritten
    number = (rows.episode + 1).cast("string")
    return rows.mutate(
        ticket_id=(rows.episode == 0).ifelse(rows.id, rows.id + "#" + number),
        resolved_at=undated.ifelse(rows.updated_at, rows.resolved_at),
        reopened=rows.episode > 0,
        text=_joined(rows.subject, rows.description),
        row_key=rows.id,
        left_out=first_reason(
            ((rows.status == "deleted"), "a deleted ticket"),
            (rows.account_id.isnull(), "a ticket whose requester belongs to no organisation"),
        ),
        told=first_reason(
            (undated, "no status history: resolved_at is updated_at, the latest it can have been"),
            (rows.by_hand, "no history of type and priority: as they stand in the export, not as first set"),
        ),
    )


def _with_account(x: Inputs) -> ir.Table:
    """The ticket's organisation, or else its requester's."""
    users = (
        x["users"]
        .select(requester_id="id", users_organization="organization_id")
        .distinct(on="requester_id", keep="first")
    )
    joined = x["tickets"].left_join(users, "requester_id").drop("requester_id_right")
    return joined.mutate(account_id=ibis.coalesce(joined.organization_id, joined.users_organization))


def _episodes(tickets: ir.Table, history: ir.Table) -> ir.Table:
    """A row per ticket and spell of being under way: `opened_at`, `resolved_at`, `episode` from 0 on."""
    steps = history.filter(
        (history.field_name == "status") & history.value.isin((*DONE, *UNDER_WAY)) & history.updated.notnull()
    )
    steps = steps.mutate(done=steps.value.isin(DONE))
    order = [steps.updated, steps.done, steps.value]
    before = steps.done.lag().over(group_by="ticket_id", order_by=order)
    steps = steps.mutate(again=(~steps.done & before.fill_null(False)).cast("int64"))
    steps = steps.mutate(episode=steps.again.sum().over(group_by="ticket_id", order_by=order, rows=(None, 0)))
    spells = steps.group_by(["ticket_id", "episode"]).aggregate(
        reopened_at=steps.updated.min(), resolved_at=steps.updated.min(where=steps.done)
    )
    spells = spells.rename(spell_of="ticket_id")
    joined = tickets.left_join(spells, tickets.id == spells.spell_of)
    first = joined.episode.fill_null(0)
    return joined.mutate(
        unwritten=joined.spell_of.isnull(),
        episode=first,
        opened_at=(first == 0).ifelse(joined.created_at, joined.reopened_at),
    ).drop("spell_of", "reopened_at")


def _as_opened(rows: ir.Table, history: ir.Table) -> ir.Table:
    """`type` and `priority` as they stood when the row opened: the first value for a first opening."""
    for name in ("type", "priority"):
        edits = history.filter((history.field_name == name) & history.updated.notnull()).select(
            "ticket_id", "updated", edited="value"
        )
        first = edits.group_by("ticket_id").aggregate(since=edits.updated.min())
        met = rows.select("id", "episode", "opened_at").join(edits, rows.id == edits.ticket_id)
        met = met.join(first, met.id == first.ticket_id)
        met = met.filter((met.updated <= met.opened_at) | (met.updated == met.since))
        stood = met.group_by(["id", "episode"]).aggregate(stood=met.edited.argmax(met.updated))
        rows = rows.left_join(stood, ["id", "episode"]).drop("id_right", "episode_right")
        unset = rows.stood.isnull()
        by_hand = unset & rows[name].notnull()
        told = by_hand if "by_hand" not in rows.columns else rows.by_hand | by_hand
        rows = rows.mutate(by_hand=told, **{name: ibis.coalesce(rows.stood, rows[name])}).drop("stood")
    return rows


def _with_contacts(rows: ir.Table, comments: ir.Table, users: ir.Table) -> ir.Table:
    """The first public answer of an agent after the opening, and how many had been given at the end."""
    agents = users.filter(users.role.isin(["agent", "admin"])).select(user_id="id").distinct()
    written = comments.filter(comments.public & comments.created.notnull())
    answers = written.semi_join(agents, "user_id").select("ticket_id", "created")
    met = rows.select("id", "episode", "opened_at", "resolved_at").join(answers, rows.id == answers.ticket_id)
    counted = met.group_by(["id", "episode"]).aggregate(
        first_response_at=met.created.min(where=met.created >= met.opened_at),
        contacts=(met.created <= met.resolved_at).sum(),
    )
    joined = rows.left_join(counted, ["id", "episode"]).drop("id_right", "episode_right")
    return joined.mutate(contacts_to_resolve=joined.resolved_at.notnull().ifelse(joined.contacts, None))


def _satisfaction(x: Inputs) -> ir.Table:
    """A row per ticket that was offered the question: asked when offered, answered when first rated."""
    history = x["history"]
    score = history.filter((history.field_name == "satisfaction_score") & history.updated.notnull())
    words = history.filter((history.field_name == "satisfaction_comment") & history.updated.notnull())
    comment = words.group_by("ticket_id").aggregate(comment=words.value.argmin(words.updated))
    rated = score.value.isin(ANSWERED)
    asked = score.group_by("ticket_id").aggregate(
        sent_at=score.updated.min(where=(score.value == "offered") | rated),
        responded_at=score.updated.min(where=rated),
        rating=score.value.argmin(score.updated, where=rated),
    )
    asked = asked.filter(asked.sent_at.notnull()).left_join(comment, "ticket_id").drop("ticket_id_right")
    tickets = _with_account(x).select("id", "account_id", "requester_id")
    rows = asked.join(tickets, asked.ticket_id == tickets.id)
    return rows.mutate(
        row_key=rows.ticket_id,
        left_out=first_reason((rows.account_id.isnull(), "a rating of somebody without an organisation")),
        told=ibis.null("string"),
    )


def _joined(first: ir.Value, second: ir.Value) -> ir.Value:
    return ibis.coalesce(first + "\n" + second, first, second)


ZENDESK = {
    "zendesk_tickets": Derivation(
        {"tickets": TICKETS, "history": HISTORY, "comments": COMMENTS, "users": USERS}, _tickets
    ),
    "zendesk_satisfaction": Derivation(
        {"tickets": TICKETS, "history": HISTORY, "users": USERS}, _satisfaction
    ),
}
