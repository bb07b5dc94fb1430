"""Who is asked, and when: the unhappy are left out, or the question waits until what hurts is over."""

from __future__ import annotations

import pandas as pd

from features.gaming.known_tables import KnownTables
from features.gaming.opportunities import Opportunities

SEVERE = ("critical", "high")
LULL = pd.Timedelta(days=3)  # after something severe was resolved


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
    """Of each relational question: was it sent in the `LULL` after something severe was resolved, and nothing
    severe open? A question that waited until nothing hurts comes then. Expected is the share of such days,
    at the account, of all since `since`.

    That a question was merely not sent while something severe was open tells nothing: it seldom is open.
    """
    asked = known.questions[known.questions["touchpoint"] == "relational"].reset_index(drop=True)
    asked = asked[asked["sent_at"] >= since].reset_index(drop=True)
    severe = known.tickets[known.tickets["severity"].isin(SEVERE)]
    days = pd.DataFrame({"at": pd.date_range(since, known.as_of, freq="D", inclusive="left")})
    days["at"] += pd.Timedelta(hours=12)
    accounts = asked[["account_id"]].drop_duplicates()
    lulls = _in_lull(accounts.merge(days, how="cross"), severe).groupby("account_id")["lull"].mean()
    waves = _in_lull(asked.rename(columns={"sent_at": "at"}), severe).rename(columns={"lull": "suspicious"})
    waves = waves.assign(expected=waves["account_id"].map(lulls), day=waves["at"].dt.floor("D"))
    waves = waves.assign(record=waves["response_id"])
    once = waves.drop_duplicates(["account_id", "day"])  # a wave is one decision, however many it asks
    return Opportunities.of("timed", "surveys", "response_id", once[once["expected"] > 0.0])


def _in_lull(moments: pd.DataFrame, severe: pd.DataFrame) -> pd.DataFrame:
    """Moments of accounts (`account_id`, `at`) with `lull`: whether a severe ticket was resolved in
    (at − LULL, at], and none was open at `at`."""
    moments = moments.reset_index(drop=True).assign(place=range(len(moments)))
    pairs = moments[["place", "account_id", "at"]].merge(
        severe[["account_id", "opened_at", "resolved_at"]], on="account_id"
    )
    over = pairs["resolved_at"] <= pairs["at"]  # false where it never was
    is_open = (pairs["opened_at"] <= pairs["at"]) & ~over
    just_over = over & (pairs["resolved_at"] > pairs["at"] - LULL)
    after, busy = set(pairs.loc[just_over, "place"]), set(pairs.loc[is_open, "place"])
    return moments.assign(lull=moments["place"].isin(after - busy))
