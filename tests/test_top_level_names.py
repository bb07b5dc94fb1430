"""What the packages offer at their top: all of it is there, and nothing is loaded before it is asked for."""

from __future__ import annotations

import ast
import importlib
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
PACKAGES = ("features", "training", "serving")
each = pytest.mark.parametrize("name", PACKAGES)


@each
def test_every_name_at_the_top_is_there_and_told(name: str) -> None:
    package = importlib.import_module(name)
    for offered in package.__all__:
        assert getattr(package, offered).__doc__ or offered.isupper(), offered
    assert set(package.__all__) <= set(dir(package))


@each
def test_editors_are_told_of_the_same_names_as_python(name: str) -> None:
    tree = ast.parse((ROOT / name / "__init__.py").read_text(encoding="utf-8"))
    imports = [
        node for node in ast.walk(tree) if isinstance(node, ast.ImportFrom) and node.module != "typing"
    ]
    told = {
        alias.asname: f"{node.module}:{alias.name}"
        for node in imports
        for alias in node.names
        if alias.asname
    }
    places = importlib.import_module(name).PLACES
    module_of = {key: place.partition(":") for key, place in places.items()}
    assert told == {key: f"{name}.{module}:{there or key}" for key, (module, _, there) in module_of.items()}


@each
def test_a_name_that_is_not_there_is_refused_with_those_that_are(name: str) -> None:
    with pytest.raises(AttributeError, match=rf"{name} has no 'nothing'; it offers "):
        importlib.import_module(name).nothing  # noqa: B018


def test_nothing_is_loaded_before_it_is_asked_for() -> None:
    heavy = {"pandas", "ibis", "lightgbm"}
    code = f"import sys, {', '.join(PACKAGES)}; print(sorted({heavy} & set(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout == "[]\n"
