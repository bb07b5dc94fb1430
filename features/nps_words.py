"""NPS moves for people and for machines."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict
from typing import Any

from features.nps_change import CLAIMED
from features.nps_told import AccountMoves, Level, Move, NpsMoves, PersonMove, class_name

SHOWN, NAMED = 20, 3  # accounts of a book, and people of each
HEAD = f"{'':16}{'asked':>6}{'answered':>9}{'NPS':>6}  90% interval"


def as_dict(moves: NpsMoves) -> dict[str, Any]:
    """The moves as JSON shows them: `from`, `to`, `accounts`, each with its roles and people."""
    return {
        "from": f"{moves.earlier:%Y-%m-%d}",
        "to": f"{moves.later:%Y-%m-%d}",
        "accounts": [
            {
                "account_id": account.account_id,
                **_move(account.whole),
                "roles": [_move(role) for role in account.roles],
                "people": [asdict(person) for person in account.people],
                "of_no_role": account.of_no_role,
            }
            for account in moves.accounts
        ],
    }


def _move(move: Move) -> dict[str, Any]:
    return {**asdict(move), "claimed": move.claimed}


def as_text(moves: NpsMoves, account: str | None) -> str:
    """One account in full, or the book's accounts that most likely fell."""
    if account is not None:
        return _account(moves, moves.accounts[0])
    return _book(moves)


def _account(moves: NpsMoves, account: AccountMoves) -> str:
    dates = f"{moves.earlier:%Y-%m-%d}", f"{moves.later:%Y-%m-%d}"
    rows = [*account.roles, account.whole]
    lines = [f"{account.account_id}: NPS at {dates[0]} and {dates[1]}, both as known at the later", ""]
    for date, level in zip(dates, ("earlier", "later"), strict=True):
        lines.append(date + HEAD[len(date) :])
        lines += [f"{_name(row):16}{_level(getattr(row, level))}" for row in rows]
        lines.append("")
    lines.append(f"{'move':16}{'points':>6}{'fell':>9}{'rose':>6}")
    lines += [
        f"{_name(row):16}{_points(row.change):>6}{_share(row.fell):>9}{_share(row.rose):>6}" for row in rows
    ]
    return "\n".join([*lines, "", *_verdicts(account), "", *_people(account.people)])


def _name(move: Move) -> str:
    return "account" if move.role is None else move.role.replace("_", " ")


def _level(level: Level) -> str:
    interval = f"{level.interval[0]:.0f} to {level.interval[1]:.0f}" if level.interval else "–"
    return f"{level.asked:>6}{level.answered:>9}{_points(level.nps):>6}  {interval}"


def _points(value: float | None) -> str:
    return "–" if value is None else f"{value:+.0f}"


def _share(value: float | None) -> str:
    return "–" if value is None else f"{100 * value:.0f}%"


def _verdicts(account: AccountMoves) -> list[str]:
    """What may be said of the move, and of who was heard and counts for no role."""
    if not account.of_no_role:
        return [_verdict(account.whole)]
    said = (
        f"{account.of_no_role:,} answered, of no known role then: they count for no NPS (see vitals check)."
    )
    return [said] if _nobody(account.whole) else [_verdict(account.whole), said]


def _nobody(whole: Move) -> bool:
    """Whether nobody whose role is known was asked."""
    return whole.later.asked + whole.earlier.asked == 0


def _verdict(whole: Move) -> str:
    """What may be said of the account's move, in a sentence."""
    if _nobody(whole):
        return "Nobody was asked in the year before either date."
    if whole.fell is None or whole.rose is None:
        return "No role was heard at both dates: whether the NPS moved cannot be told."
    if whole.claimed:
        fell = whole.claimed == "drop"
        return (
            f"The NPS really {'fell' if fell else 'rose'}: {_share(whole.fell if fell else whole.rose)} sure."
        )
    if whole.fell == whole.rose == 0:
        return "Nobody whose role was heard at both dates moved."
    return (
        f"No move is claimed: that the NPS fell has a probability of {_share(whole.fell)}, that it rose of "
        f"{_share(whole.rose)}, and {100 * CLAIMED:.0f}% is asked for. The rest is too few to tell."
    )


def _people(people: Iterable[PersonMove]) -> list[str]:
    lines = [
        f"  {_who(person):16} {(person.role or 'role unknown').replace('_', ' '):15} {_did(person)}"
        for person in people
    ]
    return ["Who moved:", *lines] if lines else ["Nobody gave another score, joined or left the panel."]


def _who(person: PersonMove) -> str:
    return person.contact_id or "no contact"


def _did(person: PersonMove) -> str:
    if person.later is None:
        return f"{_score(person.earlier)} → not heard within a year"
    if person.earlier is None:
        return f"joined with {_score(person.later)}"
    stays = "" if person.crossed else f", still a {class_name(person.later)}"
    return f"{_score(person.earlier)} → {_score(person.later)}  {person.what}{stays}"


def _score(score: float | None) -> str:
    return "–" if score is None else f"{score:g}"


def _book(moves: NpsMoves) -> str:
    """A line of counts, then the accounts by the probability that they fell."""
    known = [account for account in moves.accounts if account.whole.fell is not None]
    drops, rises = (sum(a.whole.claimed == claim for a in known) for claim in ("drop", "rise"))
    lines = [
        f"NPS at {moves.earlier:%Y-%m-%d} and {moves.later:%Y-%m-%d}: {len(moves.accounts):,} customers, "
        f"{len(known):,} with a role heard at both dates",
        f"{drops:,} really fell, {rises:,} really rose (from {100 * CLAIMED:.0f}% on; of accounts without "
        "change at most 5% seem to fall)",
    ]
    worst = sorted(known, key=lambda a: (-(a.whole.fell or 0), a.whole.change or 0, a.account_id))
    worst = [account for account in worst if account.whole.fell][:SHOWN]
    if not worst:
        return "\n".join([*lines, "", "No account has anybody who moved down."])
    lines += ["", f"{'account':16}{'from':>6}{'to':>6}{'fell':>7}  who moved"]
    lines += [_line(account) for account in worst]
    return "\n".join([*lines, "", f"One account with its people: vitals nps {worst[0].account_id}"])


def _line(account: AccountMoves) -> str:
    whole = account.whole
    moved = [person for person in account.people if person.crossed or person.earlier is None]
    named = [f"{_who(p)} {_score(p.earlier)}→{_score(p.later)}" for p in moved[:NAMED]]
    more = [f"and {len(moved) - NAMED} more"] if len(moved) > NAMED else []
    levels = f"{_points(whole.earlier.nps):>6}{_points(whole.later.nps):>6}{_share(whole.fell):>7}"
    return f"{account.account_id:16}{levels}  {', '.join([*named, *more])}"
