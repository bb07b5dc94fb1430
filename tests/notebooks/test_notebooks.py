"""The notebooks run, say what they promise, hold no outputs, define nothing, and agree with their pairs."""

from __future__ import annotations

import ast
import re
from itertools import zip_longest
from pathlib import Path

import jupytext
import nbformat
import pytest
from IPython.core.inputtransformer2 import TransformerManager
from jupyter_client.manager import KernelManager
from nbclient import NotebookClient
from nbclient.exceptions import CellExecutionError

from tests.notebooks.conftest import Workspace
from training.registry import challenger_comparison

PROJECT = Path(__file__).resolve().parents[2]
FOLDER = PROJECT / "notebooks"
NOTEBOOKS = sorted(FOLDER.glob("*.ipynb"))
COMPARING, READING = "does_the_learned_model_beat_the_rule", "why_is_this_account_where_it_is"
LEADING, DOUBTING = "which_signals_lead_churn", "how_sure_can_we_be_with_three_hundred_accounts"
WEIGHING = "what_would_other_weights_have_done"
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


def executed(name: str, environment: dict[str, str], start: Path, kernel: KernelManager) -> str:
    """Runs a notebook in an emptied kernel; everything it shows as text, errors raised."""
    notebook = read(FOLDER / f"{name}.ipynb")
    emptied = f"%reset -f\nimport os\nos.environ |= {environment!r}\nos.chdir({str(start)!r})"
    notebook.cells.insert(0, nbformat.v4.new_code_cell(emptied))
    client = NotebookClient(notebook, km=kernel, timeout=300)
    try:
        client.execute()
    finally:
        if client.kc is not None:
            client.kc.stop_channels()
    return "\n".join(shown for cell in code_cells(notebook) for shown in outputs_of(cell))


def outputs_of(cell: nbformat.NotebookNode) -> list[str]:
    """The texts of a cell and a word for each picture; a warning or a log line fails the test."""
    shown = []
    for output in cell.outputs:
        assert output.get("name") != "stderr", f"cell {cell.id} warns: {output.text}"
        data = output.get("data", {})
        shown.append(output.get("text") or ("picture" if "image/png" in data else data["text/plain"]))
    return shown


def differences(notebook: nbformat.NotebookNode, pair: nbformat.NotebookNode) -> list[int]:
    """The places of the cells in which notebook and pair differ."""
    both = [[(cell.cell_type, cell.source) for cell in one.cells] for one in (notebook, pair)]
    return [place for place, (a, b) in enumerate(zip_longest(*both)) if a != b]


def test_every_question_has_its_notebook():
    assert {path.stem for path in NOTEBOOKS} == {LEADING, COMPARING, DOUBTING, READING, WEIGHING}


@every_notebook
def test_a_notebook_and_its_pair_are_the_same_cells(path):
    pair = jupytext.read(path.with_suffix(".py"), fmt="py:percent")
    assert differences(read(path), pair) == [], "bring them together: make notebooks"


def test_a_pair_that_was_left_behind_would_be_found():
    pair = jupytext.read(FOLDER / f"{READING}.py", fmt="py:percent")
    pair.cells[3].source += "\n"
    assert differences(read(FOLDER / f"{READING}.ipynb"), pair) == [3]


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


@pytest.mark.long
def test_the_comparison_shows_what_was_recorded_and_measures_it_against_the_truth(workspace, kernel):
    shown = executed(COMPARING, workspace.environment(), PROJECT, kernel)
    recorded, text = challenger_comparison(Path(workspace.registry))
    assert text in shown
    assert f"version {recorded['version']}: {recorded['rows']} rows, churn within 365 days" in shown
    assert shown.count("picture") == 5
    assert re.search(r"\ntruth +1\.000 +1\.000 +0\.000", shown)


@pytest.mark.long
def test_the_account_with_most_revenue_at_risk_is_read_in_both_languages(workspace, kernel):
    shown = executed(READING, workspace.environment(), FOLDER, kernel)
    assert re.search(rf"^{workspace.worst} .*: health \d+\.\d", shown, re.MULTILINE)
    assert re.search(rf"^{workspace.worst} .*健康度\d+\.\d", shown, re.MULTILINE)
    assert "the model: " in shown
    assert shown.count("picture") == 1


@pytest.mark.long
def test_the_truth_of_another_book_is_refused(workspace, small_book, kernel):
    other = Workspace(str(small_book), workspace.registry, workspace.store, workspace.worst)
    with pytest.raises(CellExecutionError) as caught:
        executed(COMPARING, other.environment(), PROJECT, kernel)
    assert caught.value.ename == "WrongUse"
    assert re.search(
        rf"VITALS_BOOK is '{re.escape(str(small_book))}: \d+% of the tested rows", caught.value.evalue
    )


@pytest.mark.long
def test_an_empty_score_history_says_what_to_run(workspace, tmp_path, kernel):
    empty = Workspace(workspace.book, workspace.registry, f"sqlite:///{tmp_path / 'new.db'}", workspace.worst)
    with pytest.raises(CellExecutionError, match=r"Nothing has been scored yet\. Run: vitals score"):
        executed(READING, empty.environment(), PROJECT, kernel)


@pytest.mark.long
def test_every_measure_of_the_rule_is_ranked_by_how_early_it_speaks(workspace, kernel):
    shown = executed(LEADING, workspace.environment(), PROJECT, kernel)
    ranked = re.findall(r"^(\w+) +(0\.\d\d|NaN) +(0\.\d\d|NaN) +(0\.\d\d|NaN)$", shown, re.MULTILINE)
    assert {"seat_utilisation_30d", "nps_decision_maker_365d", "note_tone_180d"} < {row[0] for row in ranked}
    assert [row[3] for row in ranked] == sorted((row[3] for row in ranked), reverse=True)
    assert shown.count("picture") == 1


@pytest.mark.long
def test_more_accounts_make_the_doubt_smaller_and_one_answer_says_next_to_nothing(workspace, kernel):
    shown = executed(DOUBTING, workspace.environment(), PROJECT, kernel)
    widths = [
        float(high) - float(low)
        for low, high in re.findall(r"^[\d,]+ +(0\.\d\d) +0\.\d\d +([01]\.\d\d) ", shown, re.MULTILINE)
    ]
    assert len(widths) == 5
    assert widths[0] > widths[2] > widths[4]
    assert re.search(r"^1 +100\.00 +-94\.\d\d +100\.00", shown, re.MULTILINE)
    assert shown.count("picture") == 1


@pytest.mark.long
def test_each_proposal_is_told_with_what_it_finds_and_what_it_costs(workspace, kernel):
    shown = executed(WEIGHING, workspace.environment(), FOLDER, kernel)
    for proposal in ("as it is", "usage at half", "voice at half", "commercial at half", "service at half"):
        assert len(re.findall(rf"^{proposal} ", shown, re.MULTILINE)) >= 3  # a wide table goes on below
    assert re.search(r"^usage +-?\d+\.\d\d +\d+\.\d\d +30\.00$", shown, re.MULTILINE)
    assert shown.count("picture") == 1
