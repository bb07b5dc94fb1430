"""Qualtrics: whom a survey was sent to, what each scored question asked, and what was answered.

Which measure a question is, on which scale and at which touchpoint, is read from the question's words,
its options and the survey's name. What cannot be read is left out and said, never assumed.
"""

from __future__ import annotations

import ibis
import ibis.expr.types as ir

from features.imports.derivations.declared import Derivation, Inputs, Wants, first_reason

MEASURES = (
    ("nps", r"recommend|推荐"),
    ("ces", r"effort|\beas(e|y|ier)\b|费力|轻松|容易"),
    ("csat", r"satisf|满意"),
)
EASY = r"\beas(e|y|ier)\b|轻松|容易"
TOUCHPOINTS = (
    ("ticket_resolved", r"ticket|support|case closed|工单|客服"),
    ("onboarding_completed", r"onboard|implementation|go.?live|上线|实施"),
    ("renewal_completed", r"renew|续约|续费"),
    ("qbr", r"\bqbr\b|business review|业务回顾"),
    ("training", r"training|workshop|培训"),
    ("relational", r"relation|\bnps\b|annual|quarterly|关系|年度"),
)
ACCOUNT_KEYS = ("account_id", "accountid", "company_id", "salesforce_account_id", "customer_id")

SURVEYS = Wants(text=("id", "survey_name", "project_type"), needs=("id", "survey_name"))
QUESTIONS = Wants(
    text=("id", "survey_id", "question_text", "selector"), needs=("id", "survey_id", "question_text")
)
OPTIONS = Wants(text=("question_id", "survey_id"), number=("recode_value",), needs=("question_id",))
RESPONSES = Wants(
    text=("id", "survey_id", "recipient_email"),
    time=("start_date", "end_date", "recorded_date"),
    needs=("id", "survey_id"),
)
ANSWERS = Wants(text=("response_id", "question_id", "value", "text"), needs=("response_id", "question_id"))
EMBEDDED = Wants(text=("response_id", "key", "value"), needs=("response_id", "key", "value"))
SENDINGS = Wants(text=("id", "survey_link_survey_id"), time=("send_date",), needs=("id",))
SENT_TO = Wants(
    text=("contact_id", "distribution_id", "response_id"),
    time=("sent_at", "response_completed_at"),
    needs=("contact_id", "distribution_id"),
)
PEOPLE = Wants(text=("id", "email"), needs=("id",))


def _surveys(x: Inputs) -> ir.Table:
    asked = _asked(x).join(_scored(x), "survey_id")
    answers = x["answers"].mutate(number=x["answers"].value.try_cast("float64"))
    answers = answers.group_by(["response_id", "question_id"]).aggregate(number=answers.number.max())
    words = x["answers"].filter(x["answers"].text.notnull())
    comments = words.group_by("response_id").aggregate(comment=words.text.max())
    rows = asked.left_join(answers, ["response_id", "question_id"]).drop(
        "response_id_right", "question_id_right"
    )
    rows = rows.left_join(comments, "response_id").drop("response_id_right")
    outside = (rows.number < rows.scale_min) | (rows.number > rows.scale_max)
    worse = (rows.kind == "ces") & ~rows.wording.lower().re_search(EASY)
    answered = rows.number.notnull()
    return rows.mutate(
        answer_id=rows.sheet + "-" + rows.question_id,
        score=worse.ifelse(rows.scale_min + rows.scale_max - rows.number, rows.number),
        comment=answered.ifelse(rows.comment, None),
        responded_at=answered.ifelse(rows.answered_at, None),
        row_key=rows.sheet + "-" + rows.question_id,
        left_out=first_reason(
            (rows.account_key.isnull(), "asked of somebody without an account in the data or an e-mail"),
            (rows.scale_min.isnull(), "a question whose options give no scale"),
            (rows.touchpoint.isnull(), "a survey whose name tells no touchpoint"),
            (rows.sent_at.isnull(), "a survey without a time of sending"),
            (outside.fill_null(False), "an answer outside the question's scale"),
            (answered & rows.answered_at.isnull(), "an answer without a time"),
        ),
        told=first_reason(
            (worse, "a question about effort: read as higher is harder, and turned round"),
            (rows.by_words, "the measure is read from the question's words"),
        ),
    )


def _scored(x: Inputs) -> ir.Table:
    """The questions that are measures: kind, scale, and the touchpoint of their survey."""
    questions = x["questions"].rename(question_id="id", wording="question_text")
    lower = ibis.coalesce(questions.wording, "").lower()
    is_nps = (questions.selector == "NPS").fill_null(False)
    by_words = ibis.cases(*((lower.re_search(words), kind) for kind, words in MEASURES), else_=None)
    questions = questions.mutate(kind=is_nps.ifelse("nps", by_words), by_words=~is_nps)
    o = x["options"].group_by(["survey_id", "question_id"])
    ends = o.aggregate(low=x["options"].recode_value.min(), high=x["options"].recode_value.max())
    ends = ends.filter(ends.low < ends.high)
    questions = questions.filter(questions.kind.notnull()).left_join(ends, ["survey_id", "question_id"])
    ten = questions.kind == "nps"
    name = x["surveys"].survey_name.lower()
    surveys = x["surveys"].select(
        survey_id="id",
        touchpoint=ibis.cases(*((name.re_search(words), point) for point, words in TOUCHPOINTS), else_=None),
    )
    rows = questions.select(
        *("survey_id", "question_id", "wording", "kind", "by_words"),
        scale_min=ten.ifelse(0.0, questions.low),
        scale_max=ten.ifelse(10.0, questions.high),
    ).left_join(surveys.distinct(on="survey_id"), "survey_id")
    relational = (rows.kind == "nps").ifelse("relational", ibis.null("string"))
    return rows.drop("survey_id_right").mutate(touchpoint=ibis.coalesce(rows.touchpoint, relational))


def _asked(x: Inputs) -> ir.Table:
    """A row per sheet: sent to somebody, answered or not; or answered without having been sent."""
    surveys = x["sendings"].select(distribution_id="id", survey="survey_link_survey_id", on="send_date")
    people = x["people"].select(contact_id="id", known_email="email").distinct(on="contact_id")
    given = x["responses"].select(
        *("survey_id", "start_date"),
        response_id="id",
        email="recipient_email",
        ended=ibis.coalesce(x["responses"].recorded_date, x["responses"].end_date),
    )
    sent = x["sent_to"].left_join(surveys, "distribution_id").drop("distribution_id_right")
    sent = sent.left_join(given, "response_id").drop("response_id_right")
    sent = sent.left_join(people, "contact_id").drop("contact_id_right")
    named = sent.select(
        "response_id",
        "contact_id",
        sheet=sent.distribution_id + "-" + sent.contact_id,
        survey_id=ibis.coalesce(sent.survey_id, sent.survey),
        email=ibis.coalesce(sent.known_email, sent.email),
        sent_at=ibis.coalesce(sent.sent_at, sent["on"]),
        answered_at=ibis.coalesce(sent.ended, sent.response_completed_at),
    )
    unsent = given.anti_join(x["sent_to"], "response_id")
    unsent = unsent.select(
        *("response_id", ibis.null("string").name("contact_id")),
        *(unsent.response_id.name("sheet"), "survey_id", "email"),
        sent_at=ibis.coalesce(unsent.start_date, unsent.ended),
        answered_at="ended",
    )
    whole = named.union(unsent)
    told = x["embedded"].filter(x["embedded"].key.lower().isin(ACCOUNT_KEYS))
    told = told.group_by("response_id").aggregate(account_named=told.value.min())
    whole = whole.left_join(told, "response_id").drop("response_id_right")
    domain = whole.email.lower().re_extract(r"@([^@\s]+)$", 1).nullif("")
    return whole.mutate(account_key=ibis.coalesce(whole.account_named, domain))


QUALTRICS = {
    "qualtrics_surveys": Derivation(
        {
            "surveys": SURVEYS,
            "questions": QUESTIONS,
            "options": OPTIONS,
            "responses": RESPONSES,
            "answers": ANSWERS,
            "embedded": EMBEDDED,
            "sendings": SENDINGS,
            "sent_to": SENT_TO,
            "people": PEOPLE,
        },
        _surveys,
    )
}
