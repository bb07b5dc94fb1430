"""Every command that a document shows is run, or is on the list of those that cannot be, and parsed."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.documents.documented_run import PYTHON, SHOWN, Documented, cannot_run, documented, plain
from tests.documents.not_run import NOT_RUN, OTHER_TESTS
from tests.documents.parsed_commands import check
from tests.documents.shown_commands import DOCUMENTS, LOOKS_LIKE, ROOT, Shown, blocks, commands, in_tables

__all__ = ["documented"]
MAY_REFUSE = {"vitals promote": 1}  # the gate's answer on a small book may be no


@pytest.mark.long
@pytest.mark.slow
def test_every_command_of_the_documents_that_can_be_run_does(documented: Documented) -> None:
    wrong = [
        f"{one.document}: {one.shown}\n{one.output}"
        for one in documented.done
        if one.exit_code not in (0, MAY_REFUSE.get(one.shown, 0))
    ]
    assert not wrong, "\n\n".join(wrong)


def test_no_command_that_is_shown_was_left_out(documented: Documented) -> None:
    run = {one.shown for one in documented.done}
    assert [plain(shown) for shown in SHOWN if not cannot_run(shown) and plain(shown) not in run] == []
    assert all(shown.program == "vitals" for shown in SHOWN if not cannot_run(shown))
    assert all(block in run for name in PYTHON for block in blocks(ROOT / name, "python"))


@pytest.mark.parametrize("shown", [one for one in SHOWN if cannot_run(one)], ids=plain)
def test_what_cannot_be_run_could_be(shown: Shown) -> None:
    check(shown)


TABLES = list(dict.fromkeys(one for document in DOCUMENTS for one in in_tables(document)))


@pytest.mark.parametrize("shown", TABLES, ids=lambda one: one.line)
def test_a_command_in_a_table_names_what_is_there(shown: Shown) -> None:
    check(shown)


def test_every_reason_for_not_running_is_still_needed_and_names_a_test() -> None:
    for first, (_, test) in NOT_RUN.items():
        assert any(plain(shown).startswith(first) for shown in SHOWN), first
        assert (ROOT / test).exists(), test
    assert all((ROOT / test).exists() and (ROOT / name).exists() for name, test in OTHER_TESTS.items())


def test_no_block_without_a_language_hides_a_command() -> None:
    hiding = {
        str(document.relative_to(ROOT)): text
        for document in DOCUMENTS
        for text in blocks(document, "", "text")
        if LOOKS_LIKE.search(text)
    }
    assert hiding == {}, "call these blocks sh, so that they are run"


def test_the_quickstart_is_the_same_in_both_languages() -> None:
    english, chinese = (commands(ROOT / "docs" / name) for name in ("quickstart.md", "zh/quickstart.md"))
    assert [plain(one) for one in chinese] == [plain(one) for one in english]


@pytest.mark.parametrize(
    "line",
    ["vitals scoer data/mine", "vitals score --no-such-option", "pytest tests/gone.py", "python gone.py"],
)
def test_a_command_that_is_gone_would_be_found(line: str) -> None:
    with pytest.raises(Exception, match=r"scoer|no-such-option|gone"):
        check(Shown("README.md", line))


def test_a_hidden_command_would_be_found(tmp_path: Path) -> None:
    page = tmp_path / "page.md"
    page.write_text("```\n.venv/bin/vitals score\n```\n```text\n42 rows\n```\n")
    assert [bool(LOOKS_LIKE.search(text)) for text in blocks(page, "", "text")] == [True, False]
