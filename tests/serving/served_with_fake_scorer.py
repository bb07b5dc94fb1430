"""The service as `bentoml serve` starts it, with the tests' scorer in place of a champion."""

from serving import service
from tests.serving.fake_scorer import FakeScorer

service.open_scorer = FakeScorer
Vitals = service.Vitals
