"""Who is asked, and when: the unhappy are left out, or the question waits until nothing hurts."""

from __future__ import annotations

import pandas as pd

from features.gaming.known_tables import KnownTables
from features.gaming.opportunities import Opportunities

SEVERE = ("critical", "high")


def filtered_questions(known: KnownTables, since: pd.Timestamp) -> Opportunities:
    """Of each contact on the list whose last answer was 6 or less, each time others of the account are asked:
    is it left out? Expected is how often contacts of that role are left out in the whole book."""
    asked = known.questions[known.questions["touchpoint"] == "relational"]
    waves = asked.assign(day=asked["sent_at"].dt.floor("D"))[["account_id", "day"]].drop_duplicates()
    waves = waves[waves["day"] >= since]
    listed = _listed(waves, known.contacts)
    days = asked.assign(day=asked["sent_at"].dt.floor("D"), was_asked=True)
    listed = listed.merge(
        days[["contact_id", "account_id", "day", "was_asked"]].drop_duplicates(), how="left"
    )
    left_out = listed["was_asked"].isna()
    expected = left_out.groupby(listed["role"]).transform("mean")
    rows = listed.assign(suspicious=left_out, expected=expected, at=listed["day"])
    rows = rows.assign(record=rows["contact_id"])
    return Opportunities.of("filtered", "contacts", "contact_id", rows[_was_unhappy(rows, known.answers)])


def _listed(waves: pd.DataFrame, contacts: pd.DataFrame) -> pd.DataFrame:
    """Each wave of questions with each contact that was on the account's list that day."""
    both = waves.merge(contacts, on="account_id")
    here = (both["valid_from"] <= both["day"]) & (both["valid_to"].isna() | (both["valid_to"] > both["day"]))
    return both[here].reset_index(drop=True)


def _was_unhappy(listed: pd.DataFrame, answers: pd.DataFrame) -> pd.Series:
    """Whether the contact's last answer before the day was 6 or less."""
    told = answers[["contact_id", "responded_at", "unhappy"]].sort_values("responded_at")
    order = listed[["contact_id", "day"]].assign(place=range(len(listed))).sort_values("day")
    last = pd.merge_asof(
        order, told, left_on="day", right_on="responded_at", by="contact_id", allow_exact_matches=False
    )
    return pd.Series(last.set_index("place")["unhappy"].sort_index().fillna(False).to_numpy(bool))


def timed_questions(known: KnownTables, since: pd.Timestamp) -> Opportunities:
    """Of each relational question: was nothing severe open at the account as it was sent? Expected is the
    share of days since `since` on which nothing severe was open there."""
    asked = known.questions[known.questions["touchpoint"] == "relational"].reset_index(drop=True)
    asked = asked[asked["sent_at"] >= since].reset_index(drop=True)
    severe = known.tickets[known.tickets["severity"].isin(SEVERE)]
    quiet_days = 1.0 - _open_share(severe, since, known.as_of)
    expected = asked["account_id"].map(quiet_days).fillna(1.0)
    waves = asked.assign(suspicious=~_open_then(asked, severe), expected=expected, at=asked["sent_at"])
    waves = waves.assign(record=waves["response_id"], day=waves["at"].dt.floor("D"))
    once = waves.drop_duplicates(["account_id", "day"])  # a wave is one decision, however many it asks
    return Opportunities.of("timed", "surveys", "response_id", once[once["expected"] < 1.0])


def _open_then(asked: pd.DataFrame, severe: pd.DataFrame) -> pd.Series:
    pairs = asked[["response_id", "account_id", "sent_at"]].merge(severe, on="account_id")
    here = (pairs["opened_at"] <= pairs["sent_at"]) & (
        pairs["resolved_at"].isna() | (pairs["resolved_at"] > pairs["sent_at"])
    )
    return asked["response_id"].isin(pairs.loc[here, "response_id"])


def _open_share(severe: pd.DataFrame, since: pd.Timestamp, until: pd.Timestamp) -> pd.Series:
    """By account the share of the days on which a severe ticket was open, overlaps counted once."""
    days = pd.DataFrame({"day": pd.date_range(since, until, freq="D", inclusive="left")})
    pairs = severe[["account_id", "opened_at", "resolved_at"]].merge(days, how="cross")
    middle = pairs["day"] + pd.Timedelta(hours=12)
    here = (pairs["opened_at"] <= middle) & (pairs["resolved_at"].isna() | (pairs["resolved_at"] > middle))
    return pairs[here].groupby("account_id")["day"].nunique() / len(days)
