"""Every way in which a command refuses: one clear paragraph, and the right exit code."""

from __future__ import annotations

import json
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from tests.command_runs import refused, run
from tests.serving.trained_workspace import ROOT, TrainedWorkspace, workspace

__all__ = ["workspace"]
REFUSALS: list[tuple[int, str, str]] = [
    (1, "train {tmp}/none --registry {tmp}/r", "book is '{tmp}/none'; allowed: a folder with one file per"),
    (1, "features {tmp}/none --out {tmp}/x.csv", "book is '{tmp}/none'; allowed: a folder with one file per"),
    (1, "score {tmp}/none {places}", "book is '{tmp}/none'; allowed: a folder with one file per table."),
    (1, "score {book} {places} --as-of 1990-01-01", "as-of is '1990-01-01'; allowed: a date at which an"),
    (
        2,
        "train {book} --set training.hrizon=3d",
        "training.hrizon is '3d'; allowed: a key of this section. Nex",
    ),
    (
        2,
        "train {book} --set trainin.horizon=3d",
        "did you mean 'training'",
    ),
    (
        2,
        "train {book} --set training.horizon=365",
        "training.horizon is 365; allowed: must be a whole number of",
    ),
    (
        2,
        "train {book} --set training.horizon",
        "--set is 'training.horizon'; allowed: section.key=value. Next",
    ),
    (
        2,
        "score {book} {places} --as-of 2026-13-01",
        "as-of is '2026-13-01'; allowed: a date such as 2026-10-31",
    ),
    (2, "audit {book} --registry {tmp}/none", "--registry is '{tmp}/none'; allowed: a registry that holds a"),
    (
        2,
        "audit {tmp} --registry {registry}",
        "truth is '{tmp}/truth/probabilities.parquet'; allowed: a file that vitals",
    ),
    (
        2,
        "audit {book} --registry {registry}",
        "horizon of the model is '90d'; allowed: 365d, as the truth has it. Next:",
    ),
    (
        2,
        "audit {book} --registry {registry} --as-of 2026-10-31",
        "--as-of is '2026-10-31'; allowed: the first of a month",
    ),
    (
        2,
        "audit {book} --registry {registry} --model champoin",
        "--model is 'champoin'; allowed: a version in the registry",
    ),
    (2, "audit {book} --worlds 3", "BOOK is '{book}'; allowed: nothing beside --worlds. Next: leave it out"),
    (2, "features {book} --out {tmp}/x.xlsx", "--out is '{tmp}/x.xlsx'; allowed: a file ending in .parquet"),
    (
        2,
        "score {book} {places} --out {tmp}/x.txt",
        "--out is '{tmp}/x.txt'; allowed: a file ending in .parquet",
    ),
    (2, "features {book} --out {file}/x.csv", "a file or folder cannot be used"),
    (2, "simulate --accounts 20 --months 6 --out {file}/book", "a file or folder cannot be used"),
    (
        2,
        "simulate --accounts 3",
        "simulate.accounts is 3; allowed: Input should be greater than or equal to 20",
    ),
    (
        2,
        "import nosuch --from {tmp}",
        "MAPPING is 'nosuch'; allowed: a file that exists, or a shipped mapping.",
    ),
    (2, "explain A-999999 {store}", "account_id is 'A-999999'; allowed: an account scored as of 2026-11-01"),
    (2, "explain A-000001 --as-of soon {store}", "as-of is 'soon'; allowed: a date such as 2026-10-31. Next"),
    (2, "explain A-1 --store sqlite:///{tmp}/new.db", "Next: run: vitals score data/book"),
    (2, "explain A-1 --store nonsense", "VITALS_STORE is 'nonsense'; allowed: sqlite:///data/vitals.db, or"),
    (2, "explain A-1 --store sqlite:///{tmp}", "the store does not answer"),
    (2, "explain A-1 --store sqlite:///{file}/x.db", "a file or folder cannot be used"),
    (2, "explain A-1 --lang fr", "'fr' is not one of 'en', 'zh'"),
    (
        2,
        "evidence A-000001 --driver tenure_day --book {book}",
        "--driver is 'tenure_day'; allowed: a",
    ),
    (
        2,
        "evidence A-00001 --driver tenure_days --book {book}",
        "ACCOUNT is 'A-00001'; allowed: one of the",
    ),
    (1, "evidence A-1 --driver tenure_days --book {tmp}/none", "book is '{tmp}/none'; allowed: a folder"),
    (2, "evidence A-1 --driver tenure_days --as-of soon --book {book}", "as-of is 'soon'; allowed: a date"),
    (2, "promote --force", "--reason is None; allowed: why the gate is passed over. Next: add --reason WHY"),
    (2, "promote --reason because", "--force is 'left out'; allowed: --force together with --reason"),
    (
        2,
        "promote --registry {tmp}/empty",
        "challenger is None; allowed: a trained model. Next: run vitals train",
    ),
    (2, "serve --port 99999", "'--port': Input should be less than or equal to 65535"),
    (2, "serve --port {taken}", "address is '127.0.0.1:{taken}'; allowed: a free port on an address of this"),
    (2, "serve --host 192.0.2.1", "address is '192.0.2.1:3000'; allowed: a free port on an address of this"),
    (2, "demo --port {taken}", "address is '127.0.0.1:{taken}'; allowed: a free port on an address of this"),
    (2, "nosuch", "No such command 'nosuch'"),
]


@pytest.mark.parametrize(("exit_code", "command", "message"), REFUSALS, ids=lambda case: str(case)[:60])
def test_a_refusal_is_one_clear_paragraph(
    workspace: TrainedWorkspace, tmp_path: Path, exit_code: int, command: str, message: str
) -> None:
    (tmp_path / "file").write_text("")
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        listening.listen()
        places = {
            "tmp": tmp_path,
            "file": tmp_path / "file",
            "book": workspace.book,
            "store": f"--store {workspace.store}",
            "places": f"--registry {workspace.registry} --store {workspace.store}",
            "taken": listening.getsockname()[1],
            "registry": workspace.registry,
        }
        said = refused(exit_code, *command.format(**places).split())
    assert message.format(**places) in said


@pytest.mark.parametrize(
    ("option", "message"),
    [
        ("--store=nonsense", "VITALS_STORE is 'nonsense'; allowed: sqlite:///data/vitals.db"),
        ("--params={tmp}/none.yaml", "--params is '{tmp}/none.yaml'; allowed: a file that exis"),
    ],
)
def test_a_service_refuses_settings_in_the_process_that_the_command_becomes(
    tmp_path: Path, option: str, message: str
) -> None:
    with socket.socket() as given_back:
        given_back.bind(("127.0.0.1", 0))
        port = str(given_back.getsockname()[1])
    command = [sys.executable, "-m", "vitals", "serve", "--port", port, option.format(tmp=tmp_path)]
    done = subprocess.run(command, capture_output=True, text=True, cwd=ROOT, timeout=120, check=False)
    assert (done.returncode, done.stdout) == (2, "")
    assert message.format(tmp=tmp_path) in done.stderr
    assert "Traceback" not in done.stderr


def test_a_fault_is_a_document_for_a_machine(tmp_path: Path) -> None:
    done = run("features", tmp_path / "none", "--out", tmp_path / "x.csv", "--json")
    assert (done.exit_code, done.stderr) == (1, "")
    [error] = json.loads(done.stdout)["errors"]
    assert sorted(error) == ["allowed", "field", "next", "value"]
