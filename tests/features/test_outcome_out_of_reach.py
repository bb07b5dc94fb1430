"""No feature can reach an outcome: not by import, not by name, not through the warehouse."""

from __future__ import annotations

import ast
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

import features
from features.book import open_book
from features.params import CheckParams
from features.snapshot import build_snapshot
from features.source_tables import ACCOUNTS
from features.warehouse import literal_table, warehouse
from tests.features.literal_book import AS_OF, PARAMS, at
from tests.features.other_futures import changed_columns
from training.outcome_tables import ALL_TABLES, CHURNS

PACKAGE = Path(features.__file__).parent
MODULES = sorted(PACKAGE.rglob("*.py"))
IMPORTS = PACKAGE / "imports"
OUTCOMES = CHURNS.name


def imported(tree: ast.AST) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        if isinstance(node, ast.ImportFrom):
            yield node.module or ""


def words(tree: ast.AST) -> Iterator[str]:
    """Every name and text of the code; what a docstring says cannot be run."""
    said = {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr)}
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in said:
            yield node.value
        yield from (getattr(node, name) for name in ("id", "attr", "arg") if getattr(node, name, None))


@pytest.mark.parametrize("module", MODULES, ids=lambda path: str(path.relative_to(PACKAGE)))
def test_no_module_imports_what_knows_outcomes_or_says_their_name(module: Path) -> None:
    tree = ast.parse(module.read_text(encoding="utf-8"))
    known = {name.partition(".")[0] for name in imported(tree)}
    assert known & {"training", "serving", "sklearn", "lightgbm", "mlflow", "bentoml", "shap"} == set()
    if (
        IMPORTS not in module.parents
    ):  # there tables are written, that of outcomes too, and no feature is read
        assert [word for word in words(tree) if OUTCOMES in word.split()] == []
        # The package's own door names both rooms for people, and reads nothing.
        door = module == PACKAGE / "__init__.py"
        assert door or not any(name.startswith("features.imports") for name in imported(tree))


def test_the_search_would_find_what_it_looks_for() -> None:
    tree = ast.parse(
        f"import training.labels\nsource['{OUTCOMES}']\nt.{OUTCOMES}\n'{OUTCOMES} in a docstring'"
    )
    assert list(imported(tree)) == ["training.labels"]
    assert [word for word in words(tree) if OUTCOMES in word] == [OUTCOMES, OUTCOMES]


def test_the_warehouse_leaves_out_a_table_of_outcomes() -> None:
    account = [{"account_id": "A", "created_at": at(9)}]
    outcome = [{"account_id": "A", "churned_at": at(1), "kind": "full"}]
    source = warehouse(
        {"accounts": literal_table(ACCOUNTS, account), OUTCOMES: literal_table(CHURNS, outcome)}
    )
    assert list(source.tables) == ["accounts"]
    assert not source.has(OUTCOMES)
    with pytest.raises(KeyError, match=OUTCOMES):
        source[OUTCOMES]


@pytest.mark.long
def test_a_book_gives_the_same_bits_with_and_without_its_outcomes(small_book: Path, tmp_path: Path) -> None:
    without = shutil.copytree(
        small_book, tmp_path / "book", ignore=shutil.ignore_patterns("truth", OUTCOMES + ".*")
    )
    assert not list(without.glob(f"{OUTCOMES}*"))
    rows = [
        build_snapshot(open_book(folder, CheckParams(), ALL_TABLES).source, [AS_OF], PARAMS)
        for folder in (small_book, without)
    ]
    assert changed_columns(*rows) == []
