from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from serving.closed_loop import clock
from tests.serving.loop_simulation import WORLDS, World, simulate

FAULTS = ("missed", "double", "not due", "told wrong")


@pytest.mark.parametrize("world", WORLDS, ids=lambda world: world.name)
def test_no_step_is_missed_or_taken_twice(world: World, tmp_path: Path) -> None:
    counts = simulate(world, 40, 3, tmp_path, pace=16)
    assert {what: counts[what] for what in FAULTS} == dict.fromkeys(FAULTS, 0)
    assert counts["steps of the ladder"] > 20
    assert counts["steps refused"] > 0


def test_a_ladder_that_forgets_is_found_out(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """So the simulation can fail: a watcher that passes over one step in seven."""
    take, turn = clock._take, iter(range(10**6))

    def forgets(store: Any, case_id: int, *rest: Any) -> bool:
        return next(turn) % 7 != 0 and case_id % 7 != 0 and take(store, case_id, *rest)

    monkeypatch.setattr(clock, "_take", forgets)
    assert simulate(WORLDS[0], 40, 3, tmp_path, pace=16)["missed"] > 0
