"""The routes of the pages. A page is a line here, and one in `navigation.py` where it has a place there."""

from __future__ import annotations

from starlette.routing import Route

from serving.api.answering import AccountRoute
from serving.closed_loop.case_states import STEPS
from serving.pages.account_page import account, brief
from serving.pages.change_page import change, path_to_green
from serving.pages.kpis.kpis_page import kpis
from serving.pages.model.model_page import model
from serving.pages.model.monitoring_read import monitoring_html
from serving.pages.portfolio_page import portfolio
from serving.pages.records_page import records
from serving.pages.static_files import STATIC_ROUTES
from serving.pages.step_forms import band_set, case_step, verdict_given
from serving.pages.themes.themes_page import (
    ranking_csv,
    ranking_markdown,
    sentences,
    sentences_csv,
    themes,
)
from serving.pages.visits import download, form, page
from serving.pages.weights.weight_forms import adopt, draft
from serving.pages.weights.workshop_page import effect, workshop

PAGE_ROUTES = (
    *STATIC_ROUTES,
    Route("/", page(portfolio)),
    Route("/themes", page(themes)),
    Route("/themes/sentences", page(sentences)),
    Route("/themes/ranking.csv", download(ranking_csv)),
    Route("/themes/ranking.md", download(ranking_markdown)),
    Route("/themes/sentences.csv", download(sentences_csv)),
    Route("/kpis", page(kpis)),
    Route("/model", page(model)),
    Route("/weights", page(workshop)),
    Route("/weights/effect", page(effect)),
    Route("/weights/drafts", form(draft), methods=["POST"]),
    Route("/adoptions", form(adopt), methods=["POST"]),
    Route("/model/monitoring.html", download(monitoring_html)),
    AccountRoute("/accounts/{account_id:path}/records", page(records)),
    AccountRoute("/accounts/{account_id:path}/change", page(change)),
    AccountRoute("/accounts/{account_id:path}/path-to-green", page(path_to_green)),
    AccountRoute("/accounts/{account_id:path}/brief", page(brief)),
    # The last one: its path takes in whatever the others leave.
    AccountRoute("/accounts/{account_id:path}", page(account)),
    *(Route(f"/cases/{{case_id}}/{action}", form(case_step(action)), methods=["POST"]) for action in STEPS),
    Route("/overrides", form(band_set), methods=["POST"]),
    Route("/verdicts", form(verdict_given), methods=["POST"]),
)
