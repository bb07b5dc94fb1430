"""Survey questions and answers. Users answer often and say little about churn; decision makers answer
rarely, and less when they are unhappy; IT managers' scores and training scores are pure noise."""

from __future__ import annotations

import numpy as np

from training.simulation.arrays import (
    NEVER,
    Columns,
    Flags,
    Floats,
    Ints,
    Texts,
    Times,
    days,
    generator,
    logit,
    only,
    sigmoid,
)
from training.simulation.customers import numbered
from training.simulation.latents import Latent
from training.simulation.people import People
from training.simulation.sentences import say_each, stock
from training.simulation.survey_occasions import occasions
from training.simulation.world import World

ANSWERS = np.array([0.3, 0.4, 0.5, 0.4, 0.25])  # share that answer at middling goodwill, by role
SILENCE = np.array([0.8, 0.3, 0.1, 0.0, 0.0])  # how far goodwill moves the log-odds of answering
KEYED_LATE = 0.06  # share of answers given by phone and keyed in days later
COMMENT_SHARE = 0.35
HOSTILE_SHARE = 0.01  # of comments
SCALES = {"nps": (0.0, 10.0), "ces": (1.0, 7.0), "csat": (1.0, 5.0)}
CENTRES = {"nps": 7.5, "ces": 5.2, "csat": 3.9}
SPREADS = {"nps": 1.7, "ces": 1.1, "csat": 0.7}  # points per standard deviation of mood
NOISE = 0.75  # sd of an answer, in standard deviations of mood


def surveys_table(world: World, people: People, tickets: Columns, notes: Columns) -> Columns:
    """The rows of `surveys`, by the time they were sent."""
    rng = generator(world.params.seed, "surveys")
    rows = occasions(world, people, tickets, notes, rng)
    contact, kind = rows["contact"], rows["kind"]
    sent: Times = rows["sent_at"]
    account, mood = people.account[contact], _moods(world, people, rows)
    at: Times = sent + days(rng.exponential(4.0, len(sent)) + 0.02)
    answers = rng.random(len(sent)) < _answer_chances(people.role[contact], mood)
    answers &= people.there(contact, at) & world.is_customer(account, at)
    responded = np.where(answers, at, NEVER)
    score = np.where(answers, _scores(rng, kind, mood), np.nan)
    keyed = rng.random(len(sent)) < KEYED_LATE
    return {
        "response_id": numbered("R", len(sent)),
        "account_id": world.customers.ids[account],
        "contact_id": people.ids[contact],
        "kind": kind,
        "touchpoint": rows["touchpoint"],
        "score": score,
        "scale_min": np.array([SCALES[k][0] for k in kind]),
        "scale_max": np.array([SCALES[k][1] for k in kind]),
        "comment": _comments(rng, kind, score, world.customers.chinese[account]),
        "sent_at": sent,
        "responded_at": responded,
        "recorded_at": np.where(keyed, responded + days(rng.uniform(1, 9, len(sent))), NEVER),
    }


def _moods(world: World, people: People, rows: Columns) -> Floats:
    """What each asked person feels, in standard deviations; 0 where answers are to be pure noise."""
    account, role = people.account[rows["contact"]], people.role[rows["contact"]]
    state = world.latents.states[world.month_of(rows["sent_at"]), account]
    goodwill, users = state[:, Latent.DECISION_MAKER_GOODWILL], state[:, Latent.USER_GOODWILL]
    by_role = np.stack([goodwill, 0.5 * (goodwill + users), users, 0 * users, 0 * users], axis=1)
    mood = by_role[np.arange(len(role)), role]
    ticket = rows["touchpoint"] == "ticket_resolved"
    mood = np.where(ticket, 0.3 * users - state[:, Latent.SUPPORT_BURDEN], mood)
    return np.where(rows["touchpoint"] == "training", 0.0, mood)


def _answer_chances(role: Ints, mood: Floats) -> Floats:
    """How likely each asked person answers: less so the unhappy, above all decision makers."""
    return sigmoid(logit(ANSWERS[role]) + SILENCE[role] * mood)


def _scores(rng: np.random.Generator, kind: Texts, mood: Floats) -> Floats:
    """Whole scores within the scale of each kind."""
    felt = mood + NOISE * rng.standard_normal(len(mood))
    score = np.zeros(len(mood))
    for name, (low, high) in SCALES.items():
        points = np.clip(np.round(CENTRES[name] + SPREADS[name] * felt), low, high)
        score = np.where(kind == name, points, score)
    return score


def _comments(rng: np.random.Generator, kind: Texts, score: Floats, chinese: Flags) -> Texts:
    """A comment with some of the answers, in the tone of the score; a few hold hostile text."""
    low, high = (np.array([SCALES[k][i] for k in kind]) for i in (0, 1))
    share = np.nan_to_num((score - low) / (high - low))
    tone = np.where(share > 0.8, "glad", np.where(share > 0.55, "lukewarm", "sour")).astype(object)
    said = say_each(rng, stock()["comments"], tone, chinese)
    hostile: Ints = rng.integers(0, len(stock()["hostile"]), len(said))
    said = np.where(
        rng.random(len(said)) < HOSTILE_SHARE, np.array(stock()["hostile"], dtype=object)[hostile], said
    )
    given = ~np.isnan(score) & (rng.random(len(said)) < COMMENT_SHARE)
    return only(given, said)
