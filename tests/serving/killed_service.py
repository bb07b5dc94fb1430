"""The calls of the closed loop as a process of its own, to be killed: PORT and database URL are arguments."""

from __future__ import annotations

import sys

import uvicorn

from serving.answering import Resources
from serving.mounted_app import mounted_app
from serving.params import ServingParams
from serving.store import ScoreStore
from tests.serving.fake_scorer import FakeScorer

if __name__ == "__main__":
    app = mounted_app(ServingParams())
    app.state.resources = Resources(FakeScorer(), ScoreStore(sys.argv[2]), ServingParams())
    uvicorn.run(app, host="127.0.0.1", port=int(sys.argv[1]), log_level="critical")
