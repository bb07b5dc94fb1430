"""What a run depended on is told by checksums that change when it does."""

from __future__ import annotations

from pathlib import Path

import pytest

from training import fingerprints
from training.all_params import AllParams
from training.fingerprints import fingerprint_of_code, fingerprint_of_params
from training.fit_and_compare import Trained

PARAMS_FILE = Path(__file__).parents[2] / "params.yaml"


def test_another_parameter_gives_another_fingerprint() -> None:
    same = [fingerprint_of_params(AllParams.read(PARAMS_FILE)) for _ in range(2)]
    assert same[0] == same[1]
    assert fingerprint_of_params(AllParams.read(PARAMS_FILE, ("training.seed=8",))) != same[0]


def test_another_line_of_code_gives_another_fingerprint(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(fingerprints, "PROJECT", tmp_path)
    (tmp_path / "training").mkdir()
    found = []
    for text in ("x = 1\n", "x = 1\r\n", "x = 2\n"):
        (tmp_path / "training" / "one.py").write_bytes(text.encode())
        fingerprint_of_code.cache_clear()
        found.append(fingerprint_of_code())
    fingerprint_of_code.cache_clear()
    assert found[0] == found[1] != found[2]


def test_the_model_carries_what_it_was_made_by(trained: Trained, light: AllParams) -> None:
    facts = trained.model.facts
    assert facts["params_fingerprint"] == fingerprint_of_params(light)
    assert facts["code_fingerprint"] == fingerprint_of_code()
    assert facts["seed"] == light.training.seed
