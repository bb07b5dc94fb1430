"""What became of the plays, as the command, the page and the API tell it."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pandas as pd

from serving.history.score_tables import score_history
from serving.history.store import ScoreStore
from serving.plays.play_effects import PlayEffect, play_effect
from serving.plays.played_cases import played_until
from serving.plays.plays_params import PlaysParams

RESAMPLES, SEED = 1_000, 7
ANY = "any play"


def plays_answer(store: ScoreStore, params: PlaysParams, now: datetime) -> dict[str, Any]:
    """Each playbook's effect as known at `now`, and that of all against the accounts held out by lot."""
    with store.begin() as connection:
        seen = store.owned(score_history.c.account_id)
        found = played_until(connection, now, timedelta(days=params.within), seen)
    asked = (params.fewest, RESAMPLES, SEED)
    effects = [play_effect(name, rows, found.untouched, *asked) for name, rows in found.by_playbook.items()]
    whole = pd.concat(list(found.by_playbook.values()) or [found.untouched.iloc[:0]])
    drawn = play_effect(ANY, whole.drop_duplicates(), found.held_out, *asked)
    return {
        "within_days": params.within,
        "plays": [effect.as_dict() for effect in effects],
        "idle": found.idle,
        "hold_out": {"share": params.hold_out, "accounts": int(found.held_out["account_id"].nunique())},
        "against_hold_out": drawn.as_dict(),
    }


def plays_in_words(found: dict[str, Any]) -> str:
    """For people."""
    lines = [PlayEffect.of(each).as_text() for each in found["plays"]]
    head = f"stayed {found['within_days']} days after the case was opened, 90 % intervals"
    none = "no case with a plan was closed by anybody yet: nothing can be told"
    held = found["hold_out"]
    rest = (
        [f"{found['idle']} cases closed without anybody's step: they count nowhere"] if found["idle"] else []
    )
    if held["accounts"]:
        rest.append(
            f"beside {held['accounts']} held out by lot: "
            + PlayEffect.of(found["against_hold_out"]).as_text()
        )
    else:
        rest.append("nobody is held out (plays.hold_out): who got a play was chosen, so this is no proof")
    return "\n".join([head, *(lines or [none]), *rest])
