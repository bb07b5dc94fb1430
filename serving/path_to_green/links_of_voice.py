"""What else changes where people answer: an account's NPS is made of its roles', and an answer has a day."""

from __future__ import annotations

import numpy as np

from features.params import RoleWeights, Windows
from features.source_tables import ROLES
from serving.path_to_green.candidates import Candidates, Values

WEIGHTS = dict(RoleWeights())
SOON = 60.0  # days: an answer that a plan asks for is at most that old when it ends
SAME = 1e-6


def follow_voice(rows: Candidates, windows: Windows, highest_rate: float | None) -> None:
    """Answers, their rates, and the NPS of roles and account; `highest_rate`: the plausible response rate."""
    year, half = windows.labels()["year"], windows.labels()["half_year"]
    _decision_maker_answers(rows, year, 1.0 if highest_rate is None else highest_rate)
    _others_answer(rows, year)
    _account_nps(rows, year)
    _decision_maker_scores(rows, year)
    drop = f"nps_drop_probability_{half}"
    risen = rows[f"nps_account_{year}"] > rows.was(f"nps_account_{year}")
    if rows.knows(drop):  # an NPS that rises has not probably fallen
        rows[drop] = np.where(risen, np.minimum(rows.was(drop), 0.5), rows.was(drop))


def _decision_maker_answers(rows: Candidates, year: str, highest_rate: float) -> None:
    """An answer ends the silence, and is one more of those that were asked for."""
    days, nps = "days_since_decision_maker_answer", f"nps_decision_maker_{year}"
    if not rows.knows(days):
        rows[nps] = np.where(rows.moved(nps) & np.isnan(rows.was(nps)), np.nan, rows[nps])
        return
    rows[days] = np.where(rows.moved(nps), np.minimum(rows[days], SOON), rows[days])
    answered = rows.moved(days)
    rows[f"decision_maker_silent_{year}"] = np.where(answered, 0.0, rows.was(f"decision_maker_silent_{year}"))
    rate, asked = f"response_rate_decision_maker_{year}", rows.was(f"questions_to_decision_maker_{year}")
    overall, every = f"response_rate_{year}", rows.was(f"questions_asked_{year}")
    if rows.knows(rate, overall) and asked > 0 and every > 0:
        now = np.where(answered, np.minimum(1.0, rows.was(rate) + 1 / asked), rows.was(rate))
        rows[rate] = now
        alone = rows.was(overall) + (now - rows.was(rate)) * asked / every
        both = rows[overall] + alone - rows.was(overall)
        # One answer may lead past what is plausible; others on top of it may not.
        rows[overall] = np.minimum(np.minimum(both, np.maximum(alone, highest_rate)), 1.0)


def _others_answer(rows: Candidates, year: str) -> None:
    """Of a higher response rate every role but the decision maker's has its share: of what was not answered,
    each answers the same part."""
    overall = f"response_rate_{year}"
    asked, every = rows.was(f"questions_to_decision_maker_{year}"), rows.was(f"questions_asked_{year}")
    top = f"response_rate_decision_maker_{year}"
    own = asked / every if rows.knows(top) and every > 0 else 0.0
    unheard = (1 - rows.was(overall)) - (own * (1 - rows.was(top)) if own else 0.0)
    left = (1 - rows[overall]) - (own * (1 - rows[top]) if own else 0.0)
    if not unheard > SAME:
        rows[overall] = np.full(len(rows.X), rows.was(overall)) if not own else rows[overall]
        return
    part = np.clip(left / unheard, 0.0, 1.0)
    rows[overall] = np.where(left < 0, rows[overall] + left, rows[overall])
    for role in ROLES:
        name = f"response_rate_{role}_{year}"
        if rows.knows(name) and not (own and name == top):
            rows[name] = np.where(part < 1 - SAME, 1 - (1 - rows.was(name)) * part, rows.was(name))


def _account_nps(rows: Candidates, year: str) -> None:
    """The weighted mean of the roles; moves of a role are undone where the account weighs them otherwise."""
    account, roles = f"nps_account_{year}", {role: f"nps_{role}_{year}" for role in ROLES}
    known = {role: name for role, name in roles.items() if rows.knows(name)}
    heard = {role: np.array([rows.was(name)]) for role, name in known.items()}
    if heard and not abs(_mean(heard)[0] - rows.was(account)) < SAME:
        for name in roles.values():
            rows[name] = np.full(len(rows.X), rows.was(name))
        return
    now = {role: rows[name] for role, name in roles.items()}
    moved = np.any([rows.moved(name) for name in roles.values()], axis=0)
    rows[account] = np.where(moved, _mean(now), rows.was(account))
    begun = rows.moved(roles["decision_maker"]) & (not rows.knows(roles["decision_maker"]))
    answers = f"nps_answers_{year}"
    rows[answers] = np.where(begun, rows.was(answers) + 1, rows.was(answers))
    every = np.array(list(now.values()))
    two = (~np.isnan(every)).sum(axis=0) >= 2
    apart = np.where(
        two, np.nanmax(every, axis=0, initial=-np.inf) - np.nanmin(every, axis=0, initial=np.inf), np.nan
    )
    conflict, above = f"role_conflict_{year}", f"users_above_decision_maker_{year}"
    rows[conflict] = np.where(moved, apart, rows.was(conflict))
    rows[above] = np.where(moved, now["user"] - now["decision_maker"], rows.was(above))


def _mean(nps: dict[str, Values]) -> Values:
    """Role-weighted, over the roles that are known in each row."""
    total = sum(np.where(np.isnan(values), 0.0, WEIGHTS[role] * values) for role, values in nps.items())
    weight = sum(np.where(np.isnan(values), 0.0, WEIGHTS[role]) for role, values in nps.items())
    with np.errstate(invalid="ignore"):
        return np.asarray(total / weight)


def _decision_maker_scores(rows: Candidates, year: str) -> None:
    """At an NPS of 0 nobody of them detracts any more (7 or more); at 100 all of them promote (9 or more)."""
    nps, score = rows[f"nps_decision_maker_{year}"], f"decision_maker_score_{year}"
    better = rows.moved(f"nps_decision_maker_{year}") & (nps >= 0)
    least = np.where(nps >= 100, 9.0, 7.0)
    rows[score] = np.where(better, np.fmax(rows.was(score), least), rows.was(score))
    against = f"decision_maker_detractors_{year}"
    rows[against] = np.where(better & ~np.isnan(rows[against]), 0.0, rows.was(against))
