"""The notebooks run, say what they promise, hold no outputs, and define nothing."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import nbformat
import pytest
from IPython.core.inputtransformer2 import TransformerManager
from nbclient import NotebookClient
from nbclient.exceptions import CellExecutionError

from tests.notebooks.conftest import Workspace
from training.registry import challenger_comparison

PROJECT = Path(__file__).resolve().parents[2]
FOLDER = PROJECT / "notebooks"
NOTEBOOKS = sorted(FOLDER.glob("*.ipynb"))
COMPARING, READING = "does_the_learned_model_beat_the_rule", "why_is_this_account_where_it_is"
DEFINITIONS = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef, ast.Lambda)

every_notebook = pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)


def read(path: Path) -> nbformat.NotebookNode:
    return nbformat.read(path, as_version=4)


def code_cells(notebook: nbformat.NotebookNode) -> list[nbformat.NotebookNode]:
    return [cell for cell in notebook.cells if cell.cell_type == "code"]


def defined_in(source: str) -> list[str]:
    """What a cell defines; line magics are turned into calls first, as Jupyter does."""
    tree = ast.parse(TransformerManager().transform_cell(source))
    return [type(node).__name__ for node in ast.walk(tree) if isinstance(node, DEFINITIONS)]


def executed(name: str, environment: dict[str, str], start: Path, patch: pytest.MonkeyPatch) -> str:
    """Runs a notebook in a kernel of its own; everything it shows as text, errors raised."""
    for key, value in environment.items():
        patch.setenv(key, value)
    notebook = read(FOLDER / f"{name}.ipynb")
    client = NotebookClient(
        notebook, timeout=300, kernel_name="python3", resources={"metadata": {"path": start}}
    )
    client.execute()
    return "\n".join(shown for cell in code_cells(notebook) for shown in outputs_of(cell))


def outputs_of(cell: nbformat.NotebookNode) -> list[str]:
    """The texts of a cell and a word for each picture; a warning or a log line fails the test."""
    shown = []
    for output in cell.outputs:
        assert output.get("name") != "stderr", f"cell {cell.id} warns: {output.text}"
        data = output.get("data", {})
        shown.append(output.get("text") or ("picture" if "image/png" in data else data["text/plain"]))
    return shown


def test_both_notebooks_are_there():
    assert [path.stem for path in NOTEBOOKS] == [COMPARING, READING]


@every_notebook
def test_a_notebook_is_named_by_the_question_of_its_title(path):
    title = read(path).cells[0].source.splitlines()[0]
    assert re.fullmatch(r"# [A-Z][a-z ]+\?", title)
    assert path.stem == title.removeprefix("# ").removesuffix("?").lower().replace(" ", "_")


@every_notebook
def test_the_first_cell_answers_in_short_and_says_how_to_make_the_inputs(path):
    first = read(path).cells[0].source
    assert all(part in first for part in ("**The question.**", "**The answer in short", "`make run`"))


@every_notebook
def test_a_notebook_is_stored_without_outputs(path):
    cells = code_cells(read(path))
    assert [cell.id for cell in cells if cell.outputs or cell.execution_count is not None] == []


@every_notebook
def test_a_notebook_defines_nothing(path):
    assert {cell.id: found for cell in code_cells(read(path)) if (found := defined_in(cell.source))} == {}


@pytest.mark.parametrize(
    ("source", "found"),
    [
        ("%matplotlib inline\nx = 1", []),
        ("def f():\n    return 1", ["FunctionDef"]),
        ("async def f():\n    return 1", ["AsyncFunctionDef"]),
        ("if True:\n    class A:\n        pass", ["ClassDef"]),
        ("f = lambda x: x", ["Lambda"]),
    ],
)
def test_a_definition_would_be_found(source, found):
    assert defined_in(source) == found


@pytest.mark.slow
def test_the_comparison_shows_what_was_recorded_and_measures_it_against_the_truth(workspace, monkeypatch):
    shown = executed(COMPARING, workspace.environment(), PROJECT, monkeypatch)
    recorded, text = challenger_comparison(Path(workspace.registry))
    assert text in shown
    assert f"version {recorded['version']}: {recorded['rows']} rows, churn within 365 days" in shown
    assert shown.count("picture") == 5
    assert re.search(r"\ntruth +1\.000 +1\.000 +0\.000", shown)


@pytest.mark.slow
def test_the_account_with_most_revenue_at_risk_is_read_in_both_languages(workspace, monkeypatch):
    shown = executed(READING, workspace.environment(), FOLDER, monkeypatch)
    assert re.search(rf"^{workspace.worst} .*: health \d+\.\d", shown, re.MULTILINE)
    assert re.search(rf"^{workspace.worst} .*健康度\d+\.\d", shown, re.MULTILINE)
    assert "the model: " in shown
    assert shown.count("picture") == 1


@pytest.mark.slow
def test_the_truth_of_another_book_is_refused(workspace, small_book, monkeypatch):
    other = Workspace(str(small_book), workspace.registry, workspace.store, workspace.worst)
    with pytest.raises(CellExecutionError) as caught:
        executed(COMPARING, other.environment(), PROJECT, monkeypatch)
    assert caught.value.ename == "WrongUse"
    assert re.search(
        rf"VITALS_BOOK is '{re.escape(str(small_book))}: \d+% of the tested rows", caught.value.evalue
    )


@pytest.mark.slow
def test_an_empty_score_history_says_what_to_run(workspace, tmp_path, monkeypatch):
    empty = Workspace(workspace.book, workspace.registry, f"sqlite:///{tmp_path / 'new.db'}", workspace.worst)
    with pytest.raises(CellExecutionError, match=r"Nothing has been scored yet\. Run: vitals score"):
        executed(READING, empty.environment(), PROJECT, monkeypatch)
