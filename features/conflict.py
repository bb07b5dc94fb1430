"""Signals that disagree (V6): roles with one another, and words with behaviour.

Both are read from features already made, so that they are as of the same date by construction.
"""

from __future__ import annotations

import pandas as pd

from features.params import FeatureParams
from features.source_tables import ROLES


def conflict(rows: pd.DataFrame, params: FeatureParams) -> pd.DataFrame:
    """Conflict features of snapshot rows; same index as `rows`.

    `role_conflict`: highest minus lowest role NPS, 0–200; null with fewer than two roles heard.
    `users_above_decision_maker`: user NPS minus decision maker NPS, −200…200.
    `praise_while_use_falls`: 0–1, the positive part of account NPS (as a share of 100) times the
    fall of active users; null where either is unknown.
    `friendly_notes_while_use_falls`: 0–1, the positive part of the notes' tone times the same fall.
    """
    w = params.windows.labels()
    year, month = w["year"], w["month"]
    roles = rows[[f"nps_{role}_{year}" for role in ROLES]]
    heard = roles.notna().sum(axis=1) >= 2
    praise = rows[f"nps_account_{year}"].clip(lower=0) / 100
    friendly = rows[f"note_tone_{w['half_year']}"].clip(lower=0)
    fall = -rows[f"active_users_change_{month}"].clip(upper=0)
    return pd.DataFrame(
        {
            f"role_conflict_{year}": (roles.max(axis=1) - roles.min(axis=1)).where(heard),
            f"users_above_decision_maker_{year}": rows[f"nps_user_{year}"]
            - rows[f"nps_decision_maker_{year}"],
            f"praise_while_use_falls_{month}": praise * fall,
            f"friendly_notes_while_use_falls_{month}": friendly * fall,
        },
        index=rows.index,
    )
