"""The command line as people and scripts meet it: output, exit codes, and faults in one paragraph."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from typer.main import get_command

import vitals
from features.account_facts import ACCOUNT_FACTS
from tests.command_runs import answer, refused, run
from tests.serving.trained_workspace import LIGHT, ROOT, TrainedWorkspace, workspace

__all__ = ["workspace"]


def _commands(group: Any, before: str = "") -> Iterator[str]:
    """Every command that does something, those of a group with the group's name before theirs."""
    for name, command in group.commands.items():
        yield from _commands(command, f"{name} ") if hasattr(command, "commands") else [before + name]


COMMANDS = sorted(_commands(get_command(vitals.app)))


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_has_an_example_of_itself(command: str) -> None:
    done = run(*command.split(), "--help")
    assert done.exit_code == 0
    assert f"Example: vitals {command}" in done.stdout


@pytest.mark.parametrize("command", sorted(set(COMMANDS) - {"serve", "demo", "up"}))
def test_every_command_that_ends_can_answer_a_machine(command: str) -> None:
    assert "--json" in run(*command.split(), "--help").stdout


def test_the_version_is_told() -> None:
    assert run("--version").stdout == "vitals 0.1.0\n"


def test_the_catalogue_is_listed_searched_and_written(tmp_path: Path) -> None:
    (found,) = answer("catalog", "open_critical")
    assert (found["name"], found["direction"]) == ("open_critical_tickets", "worse")
    page = tmp_path / "features.md"
    assert len(answer("catalog", "--page", page)) > 80
    assert "`open_critical_tickets`" in page.read_text()


def test_a_book_is_simulated_and_checked(tmp_path: Path) -> None:
    book = tmp_path / "book"
    assert "accounts" in answer("simulate", "--accounts", 20, "--months", 6, "--out", book)["rows"]
    assert (book / "truth").is_dir()
    assert answer("check", book)["fatal"] == []


def test_a_book_with_a_fatal_fault_ends_with_1_and_names_it(
    workspace: TrainedWorkspace, tmp_path: Path
) -> None:
    book = Path(shutil.copytree(workspace.book, tmp_path / "book"))
    pd.read_parquet(book / "accounts.parquet").drop(columns="account_id").to_parquet(
        book / "accounts.parquet"
    )
    done = run("check", book)
    assert done.exit_code == 1
    assert "FATAL" in done.stdout
    assert "account_id" in done.stdout
    machine = run("check", book, "--json")
    assert machine.exit_code == 1
    assert json.loads(machine.stdout)["fatal"][0]["next"]


@pytest.mark.parametrize("ending", ["parquet", "csv"])
def test_features_are_written_as_a_file(workspace: TrainedWorkspace, tmp_path: Path, ending: str) -> None:
    out = tmp_path / "new folder" / f"features.{ending}"
    told = answer("features", workspace.book, "--as-of", "2026-10-31", "--out", out)
    rows = pd.read_parquet(out) if ending == "parquet" else pd.read_csv(out)
    features = len(rows.columns) - 2 - len(ACCOUNT_FACTS)
    assert told == {"file": str(out), "accounts": len(rows), "features": features, "rejected": {}}
    assert {"account_id", "as_of", "seat_utilisation_30d"} <= set(rows)
    assert told["features"] >= 60


def test_a_book_is_scored_to_a_file_with_steps_on_stderr_only(
    workspace: TrainedWorkspace, tmp_path: Path
) -> None:
    store, out = f"sqlite:///{tmp_path / 'vitals.db'}", tmp_path / "health.csv"
    done = run("score", workspace.book, "--registry", workspace.registry, "--store", store, "--out", out)
    assert done.exit_code == 0, done.output
    assert "scored by version 1" in done.stdout
    assert "s] scoring" not in done.stdout
    assert "s] scoring" in done.stderr
    assert pd.read_csv(out)["health"].between(0, 100).all()


@pytest.mark.long
def test_without_a_champion_the_rule_scores_and_says_so(workspace: TrainedWorkspace, tmp_path: Path) -> None:
    store = f"sqlite:///{tmp_path / 'vitals.db'}"
    none = ["--registry", tmp_path / "none", "--store", store]
    assert answer("score", workspace.book, *none)["model"]["kind"] == "rule"
    account = answer("explain", "A-000001", "--store", store)
    assert (account["model"]["kind"], account["churn_probability"]) == ("rule", None)


def test_an_account_is_explained_in_both_languages(workspace: TrainedWorkspace) -> None:
    known = ["explain", "A-000001", "--store", workspace.store]
    english, chinese = run(*known), run(*known, "--lang", "zh")
    assert (english.exit_code, chinese.exit_code) == (0, 0)
    assert "90% interval" in english.stdout
    assert "90%区间" in chinese.stdout
    assert answer(*known)["account_id"] == "A-000001"
    assert run(*known, "--as-of", "2026-11-01").stdout == english.stdout


@pytest.mark.parametrize("driver", ["note_tone_180d", "seat_utilisation_30d", "paid_on_time_share_365d"])
def test_the_evidence_worked_out_anew_is_the_one_that_is_served(
    workspace: TrainedWorkspace, driver: str
) -> None:
    from serving.evidence.evidence_answers import evidence_of
    from serving.history.opened_store import opened_store

    with opened_store(workspace.store) as store:
        served = evidence_of(store, "A-000001", driver, None)
    anew = answer("evidence", "A-000001", "--driver", driver, "--book", workspace.book, "--most", 50)
    assert {key: served[key] for key in anew} == anew
    assert sum(table["shown"] for table in anew["tables"]) > 0


def test_use_is_shown_rolled_up_or_row_by_row(workspace: TrainedWorkspace) -> None:
    asked = ["evidence", "A-000001", "--driver", "active_users_30d", "--book", workspace.book]
    rolled, rows = answer(*asked), answer(*asked, "--rows")
    assert [table["table"] for table in rolled["tables"]] == ["usage_by_day", "usage_by_user"]
    [use] = rows["tables"]
    assert use["table"] == "usage"
    assert use["total"] == sum(day["records"] for day in rolled["tables"][0]["records"]) > 0
    said = run(*asked)
    assert said.exit_code == 0, said.output
    assert "usage_by_day: " in said.stdout
    assert "s] finding the records" in said.stderr


def test_the_models_are_compared_for_people_and_machines(workspace: TrainedWorkspace) -> None:
    told = answer("compare", "--registry", workspace.registry)
    assert told["version"] == "1"
    assert "AUC" in run("compare", "--registry", workspace.registry).stdout


@pytest.mark.long
def test_monitoring_writes_its_pages_and_a_run(workspace: TrainedWorkspace, tmp_path: Path) -> None:
    from training.registry import experiment, tracking

    registry, out = workspace.copied_registry(tmp_path), tmp_path / "monitoring"
    store = ("--store", workspace.store)
    done = run("monitor", workspace.book, "--registry", registry, "--out", out, *store)
    assert done.exit_code == 0, done.output
    assert "Expected, without labels" in done.stdout
    page = (out / "monitoring.html").read_text(encoding="utf-8")
    document = json.loads((out / "monitoring.json").read_text(encoding="utf-8"))
    assert "Content-Security-Policy" in page
    assert document["drift"]["findings"][0]["column"] == "active_users_30d"
    with tracking(registry) as client:
        [logged] = client.search_runs([experiment(client, registry)], "tags.kind = 'monitoring'")
        assert logged.data.tags["version"] == "1"
        assert {file.path for file in client.list_artifacts(logged.info.run_id, "monitoring")} == {
            "monitoring/monitoring.html",
            "monitoring/monitoring.json",
            "monitoring/summary.json",
        }


def test_an_error_of_ours_says_how_to_report_it(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    def broken(*_: object, **__: object) -> None:
        raise ZeroDivisionError("a slip")

    monkeypatch.setattr("features.source_checks.check_book", broken)
    done = run("check", tmp_path)
    assert done.exit_code == 70
    assert "an error of ours, ZeroDivisionError: a slip. Run it again with VITALS_DEBUG=1" in done.stderr
    assert "Traceback" not in done.stderr
    monkeypatch.setenv("VITALS_DEBUG", "1")
    assert "Traceback" in run("check", tmp_path).stderr


@pytest.mark.parametrize("command", ["train {book}", "score {book}", "check {book}", "demo --no-serve"])
def test_outside_the_project_the_missing_parameters_are_named(
    workspace: TrainedWorkspace, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, command: str
) -> None:
    monkeypatch.chdir(tmp_path)
    said = refused(2, *command.format(book=workspace.book).split())
    assert (
        "--params is 'params.yaml'; allowed: a file that exists. Next: run in the project's folder or" in said
    )
    assert list(tmp_path.iterdir()) == []


@pytest.mark.long
def test_the_demo_redoes_nothing_that_is_done(
    workspace: TrainedWorkspace, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    shutil.copy(ROOT / "params.yaml", tmp_path)
    shutil.copytree(workspace.book, tmp_path / "data" / "book")
    shutil.copytree(workspace.registry, tmp_path / "mlruns")
    monkeypatch.setattr("serving.demo.train", lambda *_: pytest.fail("it was trained again"))
    monkeypatch.setattr("serving.demo.simulate_book", lambda *_: pytest.fail("it was simulated again"))
    first, second = run("demo", "--no-serve"), run("demo", "--no-serve")
    assert (first.exit_code, second.exit_code) == (0, 0), first.output + second.output
    assert second.stdout == first.stdout
    assert "The ten accounts that most need a person" in first.stdout
    assert "10. A-" in first.stdout
    assert "curl -s -X POST http://127.0.0.1:3000/v1/health" in first.stdout
    with_store = json.loads(run("explain", "A-000001", "--json").stdout)
    assert with_store["model"]["kind"] == "learned"


@pytest.mark.long
def test_the_demo_does_not_train_again_what_the_gate_has_refused(
    workspace: TrainedWorkspace, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from training.registry import MODEL, tracking

    monkeypatch.chdir(tmp_path)
    params = (ROOT / "params.yaml").read_text(encoding="utf-8")
    never = params.replace("better_than_chance: 0.95", "better_than_chance: 1.0")
    never = never.replace("better_than_rule: 0.5", "better_than_rule: 1.0")
    (tmp_path / "params.yaml").write_text(never, encoding="utf-8")
    shutil.copytree(workspace.book, tmp_path / "data" / "book")
    shutil.copytree(workspace.registry, tmp_path / "mlruns")
    with tracking(tmp_path / "mlruns") as client:
        for alias in ("champion", "challenger"):
            client.delete_registered_model_alias(MODEL, alias)
    trainings: list[Path] = []

    def trained(_book: Path, _params: object, registry: Path, _progress: object) -> None:
        trainings.append(registry)
        with tracking(registry) as client:
            client.set_registered_model_alias(MODEL, "challenger", "1")

    monkeypatch.setattr("serving.demo.train", trained)
    first, second = run("demo", "--no-serve"), run("demo", "--no-serve")
    assert (first.exit_code, second.exit_code) == (0, 0), first.output + second.output
    assert len(trainings) == 1
    for done in (first, second):
        assert "FAILS" in done.stdout or "is not" in done.stdout
        assert "by the rule" in done.stdout


def test_a_command_in_a_pipe_leaves_stdout_to_the_document(workspace: TrainedWorkspace) -> None:
    command = [sys.executable, "-m", "vitals", "explain", "A-000001", "--json", "--store", workspace.store]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
    assert json.loads(done.stdout)["account_id"] == "A-000001"
    assert done.stderr == ""


@pytest.mark.long
def test_training_by_command_registers_a_challenger_that_is_promoted_only_by_the_gate(
    workspace: TrainedWorkspace, tmp_path: Path
) -> None:
    registry = ["--registry", tmp_path / "mlruns"]
    light = [word for override in LIGHT for word in ("--set", override)]
    one, two = tmp_path / "one", tmp_path / "two"
    assert answer("train", workspace.book, *registry, *light, "--out", one)["version"] == "1"
    module = [sys.executable, "-m", "training", workspace.book, "--registry", tmp_path / "other", "--json"]
    threads = dict.fromkeys(("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS"), "2")  # on them no byte depends
    again = subprocess.run(
        [str(word) for word in (*module, *light, "--out", two)],
        cwd=ROOT,
        env={**os.environ, **threads},
        capture_output=True,
        text=True,
        check=True,
    )
    assert (json.loads(again.stdout)["version"], again.stderr) == ("1", "")
    files = {path.relative_to(one) for path in one.rglob("*") if path.is_file()}
    assert files == {path.relative_to(two) for path in two.rglob("*") if path.is_file()}
    assert {str(file) for file in files} >= {"bundle/manifest.json", "comparison.json", "leakage.json"}
    assert all((one / file).read_bytes() == (two / file).read_bytes() for file in files)
    assert "--out is " in refused(2, "train", workspace.book, *registry, *light, "--out", one)
    never = ["--set", "training.gate.better_than_chance=1.0", "--set", "training.gate.better_than_rule=1.0"]
    said = refused(1, "promote", *registry, *light, *never)
    assert "Traceback" not in said
    forced = run("promote", "--force", "--reason", "agreed", *registry, *light)
    assert forced.exit_code == 0
    assert "forced: agreed" in forced.stdout
    said = refused(2, "promote", *registry, *light)
    assert "the challenger is the champion already" in said


@pytest.mark.parametrize(
    ("words", "code"), [(["{tmp}/none"], 1), (["{tmp}", "--set", "training.x=1"], 2), (["--no"], 2)]
)
def test_python_m_training_refuses_as_vitals_train_does(tmp_path: Path, words: list[str], code: int) -> None:
    asked = [word.format(tmp=tmp_path) for word in words]
    module = subprocess.run(
        [sys.executable, "-m", "training", *asked], cwd=ROOT, capture_output=True, text=True, check=False
    )
    command = run("train", *asked)
    assert (module.returncode, command.exit_code) == (code, code)
    if code == 1:
        assert module.stderr.splitlines()[-1] == command.stderr.splitlines()[-1]


def test_what_if_is_asked_of_today_and_of_the_past(workspace: TrainedWorkspace) -> None:
    light = [word for override in LIGHT for word in ("--set", override)]
    weights = ["--weights", "usage=70,voice=10,commercial=10,service=10"]
    today = answer("what-if", *weights, "--store", workspace.store, *light)
    assert today["source"]["kind"] == "history"
    assert today["after"]["weights"]["usage"] == 70
    past = run("what-if", workspace.book, *weights, "--backtest", "--registry", workspace.registry, *light)
    assert past.exit_code == 0, past.output
    assert "red 90 days ahead" in past.stdout
    assert "s] resampling accounts" in past.stderr
    said = refused(2, "what-if", *weights, "--backtest", "--as-of", "2026-10-01", *light)
    assert "--as-of is '2026-10-01'; allowed: left out" in said


def test_every_fault_of_a_proposal_is_told_at_once() -> None:
    said = refused(
        2, "what-if", "--weights", "usage=-1,vice=3", "--bands", "green=1,yellow=2", "--model", "x"
    )
    assert said.count("  - ") == 9


def test_the_champions_card_is_a_page_and_a_document(workspace: TrainedWorkspace) -> None:
    page = run("card", "--registry", workspace.registry)
    assert page.exit_code == 0, page.output
    assert page.stdout.startswith("# Vitals, version 1\n")
    assert answer("card", "--registry", workspace.registry, "--version", "1")["gate"]["forced_because"]
    assert "--model is '7'" in refused(2, "card", "--registry", workspace.registry, "--version", "7")


def test_help_loads_no_learner_and_no_database() -> None:
    heavy = "{'lightgbm', 'mlflow', 'sqlalchemy', 'ibis', 'bentoml', 'pandas'}"
    script = f"import sys, vitals; print(sorted({heavy} & {{*sys.modules}}))"
    done = subprocess.run(
        [sys.executable, "-c", script],
        cwd=ROOT,
        env={**os.environ},
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout == "[]\n"
