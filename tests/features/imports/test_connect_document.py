"""docs/connect.md: its commands run as they stand, in its order, on the mappings that it shows."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import pandas as pd
import pytest

from tests.command_runs import run

ROOT = Path(__file__).resolve().parents[3]
DOCUMENT = (ROOT / "docs" / "connect.md").read_text(encoding="utf-8")
CUSTOMERS = "customer id,company name,customer since\n1,Foo Ltd,2020-01-31\n2,Bar Inc,2021-05-01\n"
HEADER = "ticket id,customer id,opened at,resolved at,priority,subject"
TONIGHT = f"{HEADER}\n7,1,2026-06-01T08:00:00Z,,high,It is slow\n"
TICKETS = f"{HEADER}\n6,2,2026-05-01T08:00:00Z,,low,How?\n"


def blocks(language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```", DOCUMENT, re.MULTILINE | re.DOTALL)


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with the exports, the warehouse and the mapping that the document speaks of."""
    for folder, tickets in (("exports", TICKETS), ("tonight", TONIGHT)):
        (tmp_path / folder).mkdir()
        (tmp_path / folder / "support_tickets.csv").write_text(tickets, encoding="utf-8")
    (tmp_path / "exports" / "customers.csv").write_text(CUSTOMERS, encoding="utf-8")
    (tmp_path / "lake").mkdir()
    moments = pd.to_datetime(["2026-05-20T08:00:00Z", "2026-05-21T08:00:00Z", "2026-05-22T08:00:00Z"])
    events = pd.DataFrame({"company": [1, 1, 2], "person": ["a", "b", "c"], "at": moments, "name": "login"})
    events = events.assign(kind=["track", "track", "page"], loaded_at=moments)
    events.to_parquet(tmp_path / "lake" / "events.parquet", index=False)
    (in_place,) = [block for block in blocks("yaml") if "in_place" in block]
    (tmp_path / "events.yaml").write_text(in_place, encoding="utf-8")
    (tmp_path / "params.yaml").write_bytes((ROOT / "params.yaml").read_bytes())
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("VITALS_STORE", f"sqlite:///{tmp_path}/vitals.db")
    return tmp_path


@pytest.mark.long
def test_every_command_of_the_document_runs_as_it_stands(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:

    for line in "".join(blocks("bash")).splitlines():
        if found := re.match(r'export (\w+)="(.*)"$', line):
            monkeypatch.setenv(found[1], found[2].replace("$PWD", str(home)))
            continue
        words = shlex.split(line)
        assert words[0] == "vitals"
        done = run(*words[1:])
        assert done.exit_code == 0, f"{line}\n{done.output}"

    rows = pd.read_csv(home / "features.csv").set_index("account_id")
    assert rows["active_users_30d"].to_dict() == {1: 2.0, 2: 0.0}
    (increment,) = (home / "data" / "mine" / "increments").glob("20260602T010000Z-*")
    assert pd.read_parquet(increment / "tickets.parquet")["ticket_id"].tolist() == ["7"]
