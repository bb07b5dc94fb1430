"""Which contacts count for which feature: who is in place, who left, and who spoke in which role."""

from __future__ import annotations

from collections.abc import Collection, Mapping

import ibis
import ibis.expr.types as ir
import pandas as pd

from features.evidence_rows import AsOf, Marks, Records
from features.source_tables import ROLES
from features.warehouse import Warehouse

KEY = ["contact_id", "account_id", "role", "valid_from"]


def behind_contacts(source: Warehouse, t: ir.Table, at: AsOf) -> tuple[ir.Table, Marks]:
    """The people, with the marks of who is in place and who left; see `silence.people`.

    Every other mark (the role of who answered) comes from `with_roles_told`.
    """
    *_, half, year = at.labels
    over, person = t.valid_to_day.notnull(), ibis.window(group_by=[t.account_id, t.contact_id])
    top, key = t.role == "decision_maker", t.is_key.fill_null(False)
    lately = (at.day - t.valid_to_day <= at.params.windows.half_year).fill_null(False)
    still_top, still_here = (top & ~over).any().over(person), (~over).any().over(person)
    present = (t.valid_from_day < at.day) & ~(t.valid_to_day < at.day).fill_null(False)
    return t, {
        "decision_makers_in_place": top & ~over,
        f"decision_makers_left_{half}": top & over & lately & ~still_top,
        f"key_contacts_left_{half}": key & over & lately & ~still_here,
        f"nps_account_half_width_{year}": present,
    }


def told_by_role(at: AsOf) -> dict[str, dict[str, tuple[str, ...]]]:
    """Table → the day on which the role was held → the features that read who spoke there by role."""
    month, _, half, year = at.labels
    heard = [f"nps_{role}_{year}" for role in ROLES]
    heard += [f"{name}_{year}" for name in ("nps_account", "nps_account_half_width", "decision_maker_score")]
    heard += [f"{name}_{year}" for name in ("decision_maker_detractors", "role_conflict")]
    heard += [f"{name}_{half}" for name in ("nps_account_change", "nps_decision_maker_change")]
    heard += [f"nps_drop_probability_{half}", f"praise_while_use_falls_{month}"]
    heard += [f"users_above_decision_maker_{year}"]
    asked = [f"response_rate_{role}_{year}" for role in ROLES]
    asked += [f"questions_to_decision_maker_{year}", f"decision_maker_silent_{year}"]
    asked += ["days_since_decision_maker_answer"]
    words = (f"decision_maker_tone_{half}", f"decision_maker_negative_themes_{half}")
    return {
        "surveys": {"responded_at": (*heard, *words), "sent_at": tuple(asked)},
        "tickets": {"opened_at": words},
    }


def with_roles_told(
    contacts: Records, spoken: Mapping[str, Records], at: AsOf, names: Collection[str]
) -> Records:
    """The contacts, marked also for each feature in whose records they spoke: every role that they held
    in the account on that day, of which the one that began last counted; see `voice.with_role`."""
    behind = contacts.behind.copy()
    for table, by_day in told_by_role(at).items():
        for day, features in by_day.items():
            wanted = [name for name in features if name in names]
            behind = behind.reindex(columns=list(dict.fromkeys([*behind, *wanted])), fill_value=False)
            if table in spoken and wanted:
                told = _held_on(contacts.rows, spoken[table], day, wanted)
                behind.loc[told.index, wanted] = behind.loc[told.index, wanted] | told
    return Records(contacts.table, contacts.rows, behind).behind_one_of(names)


def _held_on(contacts: pd.DataFrame, spoken: Records, day: str, names: list[str]) -> pd.DataFrame:
    """For the contacts who spoke (by their place), whether they held the role on a day that counts."""
    marks = spoken.behind.reindex(columns=names, fill_value=False)
    rows = spoken.rows[["account_id", "contact_id"]].assign(day=spoken.rows[day].dt.floor("D")).join(marks)
    rows = rows[marks.any(axis=1) & rows["contact_id"].notna()]
    held = contacts[KEY].assign(
        place=contacts.index,
        begun=contacts["valid_from"].dt.floor("D"),
        ended=contacts["valid_to"].dt.floor("D"),
    )
    both = held.merge(rows, on=["account_id", "contact_id"])
    both = both[(both["begun"] <= both["day"]) & ~(both["ended"] <= both["day"])]
    return both.groupby("place")[names].any()
