"""The routes of the pages. A page is a line here, and one in `navigation.py` where it has a place there."""

from __future__ import annotations

from starlette.routing import Route

from serving.pages.portfolio_page import portfolio
from serving.pages.static_files import STATIC_ROUTES
from serving.pages.visits import page

PAGE_ROUTES = (
    *STATIC_ROUTES,
    Route("/", page(portfolio)),
)
