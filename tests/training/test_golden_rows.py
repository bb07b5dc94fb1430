"""Golden rows: what does not answer as it did when it was made is not used, however well it is signed."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from features.faults import DataFault
from tests.training.small_model import small_model
from training.bundle import Bundle, read_bundle
from training.golden_rows import ROWS, content_of
from training.health_model import HealthModel, health_model, write_health_model


@pytest.fixture(scope="module")
def model() -> HealthModel:
    return small_model()


@pytest.fixture(scope="module")
def bundle(model: HealthModel, tmp_path_factory: pytest.TempPathFactory) -> Bundle:
    folder = tmp_path_factory.mktemp("golden") / "bundle"
    write_health_model(folder, model)
    return read_bundle(folder)


def changed(
    bundle: Bundle, digest_too: bool, documents: dict[str, Any] | None = None, **arrays: Any
) -> Bundle:
    """The bundle with other arrays or documents; `digest_too`: under a digest that vouches for them."""
    held = {**bundle.arrays, **arrays}
    said = {**bundle.documents, **(documents or {})}
    if digest_too:
        golden = {"segments": said["golden"]["segments"]}
        said["golden"] = {**golden, "content": content_of(held, {**said, "golden": golden})}
    return Bundle(held, said, bundle.manifest, bundle.fingerprint)


def refusal(bundle: Bundle) -> str:
    with pytest.raises(DataFault) as caught:
        health_model(bundle)
    return str(caught.value)


def test_a_bundle_that_answers_as_it_did_is_used(bundle: Bundle, model: HealthModel) -> None:
    X = bundle.arrays["golden_rows"]
    assert X.shape == (ROWS, len(model.features))
    assert np.isnan(X[0]).all()
    assert np.isnan(X[1:]).any()
    assert len(np.unique(bundle.arrays["golden_health"])) > ROWS / 2
    assert health_model(bundle).health(X, bundle.documents["golden"]["segments"]).tolist() == (
        bundle.arrays["golden_health"].tolist()
    )


@pytest.mark.parametrize("name", ["linear_mean", "leaf_value", "value_scores", "golden_points", "text_idf"])
def test_any_number_that_is_another_is_noticed_by_the_digest(bundle: Bundle, name: str) -> None:
    array = bundle.arrays[name].copy()
    array.flat[0] = np.nextafter(array.flat[0], 1)
    assert "golden.json: content is" in refusal(changed(bundle, digest_too=False, **{name: array}))


@pytest.mark.parametrize(
    ("name", "answers"),
    [
        ("linear_coefficients", ("health", "interval", "points")),
        ("linear_factor", ("interval",)),
        ("leaf_value", ("health", "points")),
        ("threshold", ("health", "points")),
        ("feature", ("health", "points")),
        ("golden_health", ("health",)),
    ],
)
def test_the_arrays_of_another_model_are_noticed_by_the_answers(
    bundle: Bundle, name: str, answers: tuple[str, ...]
) -> None:
    array = np.roll(bundle.arrays[name].copy(), 1, axis=0)
    told = refusal(changed(bundle, digest_too=True, **{name: array}))
    for answer in answers:
        assert f"golden_{answer}.npy is '" in told or "these trees cannot be used" in told


@pytest.mark.parametrize("value", [np.nan, np.inf, 1e308])
def test_answers_that_are_no_numbers_are_refused_without_a_warning(bundle: Bundle, value: float) -> None:
    array = bundle.arrays["linear_coefficients"].copy()
    array[0] = value
    told = refusal(changed(bundle, digest_too=True, linear_coefficients=array))
    assert "not finite" in told or "within 1e-09 of what training found" in told


def test_a_bundle_without_golden_rows_is_refused(bundle: Bundle) -> None:
    documents = {name: one for name, one in bundle.documents.items() if name != "golden"}
    without = Bundle(bundle.arrays, documents, bundle.manifest, bundle.fingerprint)
    assert "golden rows is 'missing'" in refusal(without)


@pytest.mark.parametrize(
    "golden",
    [{}, {"segments": []}, {"segments": "smb", "content": ""}, {"segments": [None] * 1001, "content": ""}],
)
def test_a_golden_document_of_another_kind_is_refused(bundle: Bundle, golden: dict[str, Any]) -> None:
    assert "golden.json is [" in refusal(changed(bundle, digest_too=False, documents={"golden": golden}))


@pytest.mark.parametrize(
    ("document", "said"),
    [
        ({"trees_weight": 1.5}, "trees_weight is '1.5'"),
        ({"trees_weight": "0.5"}, "trees_weight is '0.5'; allowed: Input should be a valid number"),
        ({"intercept": None}, "intercept is 'None'"),
        ({"intercept": 1e300}, "intercept is '1e+300'"),
        ({"line": []}, "line is '[]'"),
        ({"more": 1}, "more is '1'; allowed: Extra inputs are not permitted"),
    ],
)
def test_a_number_of_the_pool_that_is_none_is_named(
    bundle: Bundle, document: dict[str, Any], said: str
) -> None:
    pool = {**bundle.documents["pool"], **document}
    assert said in refusal(changed(bundle, digest_too=True, documents={"pool": pool}))


def test_a_file_that_no_model_has_is_refused(bundle: Bundle) -> None:
    assert "bundle is ['more']; allowed: no other files" in refusal(
        changed(bundle, digest_too=True, more=np.ones(1))
    )


@pytest.mark.parametrize("rule", [7, {"weights": 7}, []])
def test_a_rule_that_is_none_is_a_fault_and_no_crash(bundle: Bundle, rule: Any) -> None:
    broken = changed(bundle, digest_too=True, documents={"rule": {"rule": rule}})
    assert "parts that fit together" in refusal(broken)


def test_the_bundle_of_a_model_has_the_same_bytes_twice(model: HealthModel, tmp_path: Path) -> None:
    for name in ("one", "two"):
        write_health_model(tmp_path / name, model)
    for path in (tmp_path / "one").iterdir():
        assert path.read_bytes() == (tmp_path / "two" / path.name).read_bytes()
