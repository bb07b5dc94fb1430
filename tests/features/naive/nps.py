"""Naively: role NPS (V1), account NPS (V2), how sure it is, and whether it moved (H7).

How sure is a matter of the other accounts too: what the same role answers elsewhere is the prior.
"""

from __future__ import annotations

import datetime as dt
import math
from dataclasses import dataclass
from fractions import Fraction

from scipy.stats import beta

from features.params import FeatureParams
from features.source_tables import ROLES
from tests.features.naive.known_facts import DAY, Facts, Row, latest_of_each
from tests.features.naive.numbers import difference, share
from tests.features.naive.voice import answers, role_on

Features = dict[str, float | None]
Counts = tuple[int, int, int]  # detractors, passives, promoters
FLAT = SEGMENT = 0.1  # answers' worth of prior: spread evenly, and as the role answers elsewhere
TAIL = 0.05


def votes(facts: Facts, moment: dt.datetime, params: FeatureParams) -> list[Row]:
    """The latest relational answer of each person in the year before `moment`, with `ten` and `role`."""
    relational = answers(facts, moment, params, "nps", "relational")
    for row in relational:
        row["person"] = row["contact_id"] or row["response_id"]
        row["ten"] = None if row["best"] is None else row["best"] * 10
        row["role"] = role_on(facts, row["contact_id"], row["responded_at"].date())
    return list(latest_of_each(relational, "person", ("responded_at", "response_id")))


def _class(ten: float) -> int:
    """−1 detractor, 0 passive, 1 promoter."""
    return -1 if ten < 7 else 0 if ten < 9 else 1


def _scored(heard: list[Row], role: str) -> dict[str, int]:
    """Person → class, of those of the role whose score is known."""
    return {v["person"]: _class(v["ten"]) for v in heard if v["role"] == role and v["ten"] is not None}


def _by_role(heard: list[Row]) -> dict[str, float | None]:
    scored = {role: list(_scored(heard, role).values()) for role in ROLES}
    return {role: share(100 * sum(classes), len(classes)) for role, classes in scored.items()}


def _account(by_role: dict[str, float | None], params: FeatureParams) -> float | None:
    weights = dict(params.role_weights)
    told = {role: value for role, value in by_role.items() if value is not None}
    return share(
        sum(weights[role] * value for role, value in told.items()), sum(weights[role] for role in told)
    )


def nps(facts: Facts, as_of: dt.datetime, params: FeatureParams) -> Features:
    year, half = params.windows.year, params.windows.half_year
    now, before = votes(facts, as_of, params), votes(facts, as_of - half * DAY, params)
    by_role, by_role_before = _by_role(now), _by_role(before)
    top = [v["ten"] for v in now if v["role"] == "decision_maker" and v["ten"] is not None]
    return {
        **{f"nps_{role}_{year}d": value for role, value in by_role.items()},
        f"nps_account_{year}d": _account(by_role, params),
        f"nps_account_change_{half}d": difference(
            _account(by_role, params), _account(by_role_before, params)
        ),
        f"nps_decision_maker_change_{half}d": difference(
            by_role["decision_maker"], by_role_before["decision_maker"]
        ),
        f"nps_drop_probability_{half}d": _fell(now, before, params),
        f"nps_answers_{year}d": sum(v["ten"] is not None for v in now),
        f"decision_maker_score_{year}d": min(top, default=None),
        f"decision_maker_detractors_{year}d": _detractors(now),
    }


def _detractors(heard: list[Row]) -> int | None:
    """Decision makers below 7; None where none is sure and an unknown score or role may hide one."""
    sure = [v for v in heard if v["role"] == "decision_maker" and v["ten"] is not None and v["ten"] < 7]
    may_be = [
        v
        for v in heard
        if v["role"] in ("decision_maker", None) and (v["ten"] is None or v["ten"] < 7) and v not in sure
    ]
    return None if may_be and not sure else len(sure)


def _fell(now: list[Row], before: list[Row], params: FeatureParams) -> float | None:
    """That the NPS really fell: of the people that pull, the share that pulls down is above a half.

    See features/nps_change.py for why; in fractions, so that who pulls by nothing pulls by nothing.
    """
    down = up = squares = Fraction(0)
    imagined, heard_twice = [], False
    for role, chosen in dict(params.role_weights).items():
        weight, earlier, later = Fraction(chosen), _scored(before, role), _scored(now, role)
        if not (weight and earlier and later):
            continue
        heard_twice = True
        later = {**earlier, **later}  # who was not asked again stands by the answer given
        m = Fraction(sum(earlier.values()) + sum(later.values()), len(earlier) + len(later))
        for person, x in later.items():
            pull = (x - m) / len(later)
            if person in earlier:
                pull -= (earlier[person] - m) / len(earlier)
            down += max(Fraction(0), -weight * pull)
            up += max(Fraction(0), weight * pull)
            squares += (weight * pull) ** 2
        if len(later) > len(earlier):
            one_before = Fraction(1, len(earlier)) - Fraction(1, len(later))
            imagined += [weight * (1 - m) / len(later), weight * (1 + m) * one_before]
    if not heard_twice:
        return None
    if not down:
        return 0.0
    k = (down + up) / squares
    return float(
        beta.sf(0.5, float(k * down), float(k * up + max([Fraction(1), *(k * i for i in imagined)])))
    )


@dataclass(frozen=True, eq=False)
class Heard:
    """What was heard of an account's roles: how many people of each class, and in which segment."""

    segment: str | None
    counts: dict[str, Counts]


def heard_of(facts: Facts, as_of: dt.datetime, params: FeatureParams) -> Heard:
    now, counts = votes(facts, as_of, params), {}
    for role in ROLES:
        classes = list(_scored(now, role).values())
        counts[role] = classes.count(-1), classes.count(0), classes.count(1)
    return Heard(facts["accounts"][0]["segment"], counts)


def half_width(facts: Facts, own: Heard, everybody: list[Heard], params: FeatureParams) -> float | None:
    """Half the width of the account's interval; roles there and not heard may think anything."""
    weights = dict(params.role_weights)
    there = {row["role"] for row in facts.get("contacts", []) if row["valid_to"] is None}
    given = {role: weights[role] for role in ROLES if role in there or any(own.counts[role])}
    whole = sum(given.values())
    if not any(weights[role] and any(own.counts[role]) for role in ROLES):
        return None
    middle = silent = below = above = 0.0
    for role, weight in ((role, weight / whole) for role, weight in given.items()):
        down, passive, up = own.counts[role]
        if not any(own.counts[role]):
            silent += 100 * weight
            continue
        point = 100 * (up - down) / (down + passive + up)
        low, high = _interval(own.counts[role], _elsewhere(role, own, everybody))
        middle += weight * point
        below += (weight * (point - min(low, point))) ** 2
        above += (weight * (max(high, point) - point)) ** 2
    ends = max(-100.0, middle - math.sqrt(below) - silent), min(100.0, middle + math.sqrt(above) + silent)
    return (ends[1] - ends[0]) / 2


def _interval(counts: Counts, elsewhere: Counts) -> tuple[float, float]:
    """The quantiles with one more detractor imagined, and with one more promoter."""
    down, passive, up = (
        n + FLAT / 3 + SEGMENT * other / sum(elsewhere) for n, other in zip(counts, elsewhere, strict=True)
    )
    tail = TAIL * sum(counts) / (sum(counts) + 2)
    return _quantile(down + 1, passive, up, tail), _quantile(down, passive, up + 1, 1 - tail)


def _elsewhere(role: str, own: Heard, everybody: list[Heard]) -> Counts:
    """How the role answers in the segment's other accounts, else in all others, else evenly."""
    others = [heard for heard in everybody if heard is not own]
    near = [heard for heard in others if own.segment is not None and heard.segment == own.segment]
    for group in (near, others):
        down, passive, up = (sum(heard.counts[role][place] for heard in group) for place in range(3))
        if down + passive + up:
            return down, passive, up
    return 1, 1, 1


def _quantile(down: float, passive: float, up: float, part: float) -> float:
    """Of 100 (promoters − detractors): the beta on −100 … 100 with the Dirichlet's mean and variance."""
    size = down + passive + up
    mean = (up - down) / size
    variance = ((up + down) / size - mean**2) / (size + 1)
    concentration = (1 - mean**2) / variance - 1
    return float(200 * beta.ppf(part, (1 + mean) / 2 * concentration, (1 - mean) / 2 * concentration) - 100)
