"""Stripe: subscriptions by their versions and prices, invoices with the time of their payment.

Amounts are in the currency's smallest unit: a hundredth, a thousandth, or, where there is none, the whole.
"""

from __future__ import annotations

import ibis
import ibis.expr.types as ir

from features.imports.derivations.declared import Derivation, Inputs, Wants, first_reason, latest

# https://docs.stripe.com/currencies#zero-decimal
WITHOUT_CENTS = (
    *("bif", "clp", "djf", "gnf", "jpy", "kmf", "krw", "mga"),
    *("pyg", "rwf", "ugx", "vnd", "vuv", "xaf", "xof", "xpf"),
)
# https://docs.stripe.com/currencies#three-decimal
IN_THOUSANDTHS = ("bhd", "jod", "kwd", "omr", "tnd")
EXTERNAL = r'"(external_id|account_id|salesforce_account_id|crm_id)"\s*:\s*"?([^",}]+)'
MONTHS = {"month": 1.0, "year": 12.0, "week": 7 / 30.4375, "day": 1 / 30.4375}
CUSTOMERS = Wants(
    text=("id", "name", "description", "email", "metadata", "address_country"),
    time=("created",),
    flag=("is_deleted",),
    needs=("id",),
)


def _customers(x: Inputs) -> ir.Table:
    """Customers by their names; `external_id` is what another system calls them, from their metadata."""
    rows = x["customers"]
    other = rows.metadata.re_extract(EXTERNAL, 2).nullif("")
    return rows.mutate(
        name=ibis.coalesce(rows["name"], rows.description),
        external_id=other,
        row_key=rows.id,
        left_out=first_reason(
            (rows.is_deleted.fill_null(False), "a deleted customer"),
            (rows.created.isnull(), "a customer without a date"),
        ),
        told=ibis.null("string"),
    )


def _losses(x: Inputs) -> ir.Table:
    """A row per customer all of whose subscriptions have ended, at the end of the last."""
    s = x["subscriptions"]
    rows = s.group_by("customer_id").aggregate(churned_at=s.ended_at.max(), running=s.ended_at.isnull().sum())
    rows = rows.filter((rows.running == 0) & rows.customer_id.notnull())
    nothing = ibis.null("string")
    return rows.mutate(row_key=rows.customer_id, left_out=nothing, told=nothing)


SUBSCRIPTION_TIMES = ("created", "start_date", "current_period_start", "cancel_at", "canceled_at", "ended_at")
SUBSCRIPTIONS = Wants(
    text=("id", "customer_id", "status"),
    time=(*SUBSCRIPTION_TIMES, "_fivetran_start", "_fivetran_synced"),
    number=("quantity",),
    needs=("id", "customer_id"),
)
ITEMS = Wants(text=("subscription_id", "plan_id"), number=("quantity",), needs=("subscription_id",))
PLANS = Wants(
    text=("id", "nickname", "product_id", "currency", "interval", "recurring_interval"),
    number=("amount", "unit_amount", "interval_count", "recurring_interval_count"),
    needs=("id",),
)
PRODUCTS = Wants(text=("id", "name"), needs=("id",))


def _subscriptions(x: Inputs) -> ir.Table:
    """The versions of each subscription; without versions, what its own dates tell.

    Seats and price of a subscription without versions are known only from the export on: before, it is
    known that it ran.
    """
    bought = _bought(x)
    dated = _versions(x["history"])
    alone = x["subscriptions"].anti_join(x["history"].filter(x["history"]._fivetran_start.notnull()), "id")
    rows = ibis.union(dated, *_steps(alone))
    rows = rows.left_join(bought, rows.id == bought.subscription_id).drop("subscription_id")
    seats = ibis.coalesce(rows.quantity, rows.bought_seats)
    per_seat = rows.bought_mrr / rows.bought_seats.nullif(0)
    return rows.mutate(
        seats=rows.bare.ifelse(None, seats),
        mrr=rows.bare.ifelse(None, per_seat * seats),
        row_key=rows.id,
        left_out=first_reason(
            (rows.customer_id.isnull(), "a subscription of no customer"),
            (rows.changed_at.isnull() | rows.starts_at.isnull(), "a version without a time"),
            (rows.ends_at <= rows.starts_at, "a subscription that ended as it began"),
        ),
        told=first_reason(
            (rows.undated, "no versions with a time: seats and price are known only from the export on"),
            (rows.bought_mrr.isnull(), "no price among plans and prices: mrr is empty"),
        ),
    )


def _bought(x: Inputs) -> ir.Table:
    """Product, seats and monthly revenue of each subscription, from its items and their prices."""
    p = x["plans"].union(x["prices"])
    cents = ibis.coalesce(p.unit_amount, p.amount)
    every = ibis.coalesce(p.interval, p.recurring_interval)
    length = ibis.cases(*((every == name, months) for name, months in MONTHS.items()), else_=None)
    months = length * ibis.coalesce(p.interval_count, p.recurring_interval_count, 1)
    monthly = _in_units(cents, p.currency) / months
    plans = p.select("nickname", "product_id", "currency", plan_id="id", monthly=monthly).distinct(
        on="plan_id"
    )
    products = x["products"].select(product_id="id", product_name="name").distinct(on="product_id")
    items = x["items"].left_join(plans, "plan_id").drop("plan_id_right")
    items = items.left_join(products, "product_id").drop("product_id_right")
    items = items.mutate(
        quantity=items.quantity.fill_null(1),
        product=ibis.coalesce(items.product_name, items.nickname, items.product_id, items.plan_id),
    )
    return items.group_by("subscription_id").aggregate(
        bought_seats=items.quantity.sum(),
        bought_mrr=(items.quantity * items.monthly).sum(),
        product=items.product.min(),
        currency=items.currency.min(),
    )


def _versions(history: ir.Table) -> ir.Table:
    rows = history.filter(history._fivetran_start.notnull())
    return _row(rows, rows._fivetran_start, ends=ibis.coalesce(rows.ended_at, rows.cancel_at))


def _steps(alone: ir.Table) -> tuple[ir.Table, ...]:
    """Begun (from its start), then its state in the export, then ended (from its end)."""
    begun = ibis.coalesce(alone.created, alone.start_date)
    seen = latest(alone._fivetran_synced, begun)
    running = alone.filter(alone.ended_at.isnull())
    ended = alone.filter(alone.ended_at.notnull())
    nothing = ibis.null("timestamp('UTC')")
    return (
        _row(alone, begun, ends=nothing, undated=True, bare=True),
        _row(running.filter(seen > begun), seen, ends=alone.cancel_at, undated=True),
        _row(ended, ended.ended_at, ends=ended.ended_at, undated=True, bare=True),
    )


def _row(
    rows: ir.Table, changed: ir.Value, ends: ir.Value, undated: bool = False, bare: bool = False
) -> ir.Table:
    starts = ibis.coalesce(rows.start_date, rows.created)
    return rows.select(
        *("id", "customer_id", "quantity", "status"),
        starts_at=starts,
        ends_at=ends,
        changed_at=changed,
        undated=ibis.literal(undated),
        bare=ibis.literal(bare),
    )


def _in_units(smallest: ir.Value, currency: ir.Value) -> ir.Value:
    code = currency.lower()
    parts = ibis.cases((code.isin(WITHOUT_CENTS), 1.0), (code.isin(IN_THOUSANDTHS), 1000.0), else_=100.0)
    return smallest / parts


INVOICES = Wants(
    text=("id", "customer_id", "currency", "status"),
    time=(
        *("created", "due_date", "period_end", "status_transitions_finalized_at"),
        "status_transitions_paid_at",
    ),
    number=("total", "amount_due"),
    flag=("paid", "is_deleted"),
    needs=("id", "customer_id"),
)
CHARGES = Wants(text=("invoice_id",), time=("created",), flag=("paid",), needs=("invoice_id",))


def _invoices(x: Inputs) -> ir.Table:
    taken = x["charges"].filter(x["charges"].paid.fill_null(False) & x["charges"].created.notnull())
    payments = taken.group_by("invoice_id").aggregate(charged_at=taken.created.min())
    rows = x["invoices"]
    rows = rows.left_join(payments, rows.id == payments.invoice_id).drop("invoice_id")
    paid_at = ibis.coalesce(rows.status_transitions_paid_at, rows.charged_at)
    issued = ibis.coalesce(rows.status_transitions_finalized_at, rows.created, rows.period_end)
    paid = rows.paid.fill_null(False) | (rows.status == "paid").fill_null(False)
    amount = _in_units(ibis.coalesce(rows.total, rows.amount_due), rows.currency)
    undone = rows.is_deleted.fill_null(False) | rows.status.isin(["draft", "void"]).fill_null(False)
    return rows.mutate(
        amount=amount,
        issued_at=issued,
        due_at=latest(ibis.coalesce(rows.due_date, issued), issued),
        paid_at=latest(paid_at, ibis.cases((paid_at.notnull(), issued), else_=None)),
        row_key=rows.id,
        left_out=first_reason(
            (rows.customer_id.isnull(), "an invoice of no customer"),
            (undone, "an invoice that was deleted, voided or never sent"),
            (issued.isnull(), "an invoice without a date"),
            (amount.isnull(), "an invoice without an amount"),
            (amount <= 0, "an invoice of nothing"),
            (paid & paid_at.isnull(), "a paid invoice without a time of payment, which may have been any"),
        ),
        told=first_reason(
            (rows.due_date.isnull(), "no due date: due when issued"),
            (
                rows.created.isnull() & rows.status_transitions_finalized_at.isnull(),
                "issued at its period's end",
            ),
        ),
    )


STRIPE = {
    "stripe_customers": Derivation({"customers": CUSTOMERS}, _customers),
    "stripe_losses": Derivation({"subscriptions": SUBSCRIPTIONS}, _losses),
    "stripe_subscriptions": Derivation(
        {
            "subscriptions": SUBSCRIPTIONS,
            "history": SUBSCRIPTIONS,
            "items": ITEMS,
            "plans": PLANS,
            "prices": PLANS,
            "products": PRODUCTS,
        },
        _subscriptions,
    ),
    "stripe_invoices": Derivation({"invoices": INVOICES, "charges": CHARGES}, _invoices),
}
