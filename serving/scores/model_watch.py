"""Follows the registry's `champion` while the service runs: a promotion needs no restart.

Every second each worker asks the registry, with SQL, which version is champion, and looks at the times of
the files that it would load. Where something changed, the new bundle is verified, checked and tried aside,
and only then takes the place of the scorer, in one assignment of the whole `Resources`: a call reads them
once, so it is answered by one model from start to end. Calls that run keep the scorer they began with.

    no champion          the rule answers                                        no_champion
    a broken new bundle  the scorer that answered goes on (none before: the rule)  champion_unusable
    a lost registry      the scorer that answered goes on                        registry_unreadable

The last column is the code of `model.fallback` in every answer, until the champion answers again.
"""

from __future__ import annotations

import logging
import sqlite3
import threading
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from features.faults import VitalsFault
from serving.scores.champion import Champion, Settings, champion_scorer, find_champion
from serving.scores.fallback import Code, Fallback
from serving.scores.learned_scorer import LearnedScorer
from serving.scores.rule_scorer import NO_CHAMPION
from training.bundle_signature import public_path, signature_path

LOG = logging.getLogger("vitals.serving")
EVERY = 1.0  # seconds


@dataclass(frozen=True)
class Seen:
    """The champion at a look, the times and sizes of the files it is made of, and the rule beside it."""

    champion: Champion | None
    files: tuple[tuple[int, int] | None, ...]
    settings: Settings


class ModelWatch:
    """`scorer` gives what answers now, `swap` puts another in its place; both are the service's.

    `settings` gives the rule and the windows that hold now: other weights may be adopted meanwhile.
    """

    def __init__(
        self,
        registry: Path,
        settings: Callable[[], Settings],
        scorer: Callable[[], Any],
        swap: Callable[[Any], None],
    ) -> None:
        self._registry, self._settings = registry, settings
        self._scorer, self._swap = scorer, swap
        self._stopped = threading.Event()
        self._thread = threading.Thread(target=self._run, name="model-watch", daemon=True)
        self._seen = self._look()

    def start(self) -> None:
        """Looks every second from now on, on a thread of its own."""
        self._thread.start()

    def stop(self) -> None:
        """Ends the thread, after the look that is under way."""
        self._stopped.set()
        if self._thread.is_alive():
            self._thread.join(timeout=10)

    @property
    def runs(self) -> bool:
        """Whether its thread is at work."""
        return self._thread.is_alive()

    def look(self) -> bool:
        """One look; whether another scorer answers after it."""
        seen = self._look()
        if seen is not None and seen == self._seen:
            return False
        before = self._scorer()
        if seen is None or (seen.champion is None and not self._database.exists() and _is_learned(before)):
            self._seen = None
            return self._keep(before, "registry_unreadable", "the registry cannot be read")
        self._seen = seen
        if seen.champion is None:
            return self._take(before, seen.settings.by_rule("no_champion", NO_CHAMPION))
        try:
            return self._take(before, champion_scorer(seen.champion, self._registry, seen.settings))
        except (VitalsFault, OSError) as error:
            LOG.error("version %s cannot be used: %s", seen.champion.version, error)
            reason = f"version {seen.champion.version} cannot be used: {error}"
            return self._keep(before, "champion_unusable", reason)

    @property
    def _database(self) -> Path:
        return self._registry / "mlflow.db"

    def _look(self) -> Seen | None:
        """What the registry says; None where it cannot be read."""
        try:
            champion = find_champion(self._registry)
        except (sqlite3.Error, OSError) as error:
            LOG.error("the registry cannot be read: %s", type(error).__name__)
            return None
        files = [public_path(self._registry)]
        if champion is not None:
            files += [champion.bundle / "manifest.json", signature_path(champion.bundle)]
        return Seen(champion, tuple(_stamp(file) for file in files), self._settings())

    def _keep(self, before: Any, code: Code, reason: str) -> bool:
        """The scorer goes on, and says why it is not another."""
        if isinstance(before, LearnedScorer):
            rule = self._settings().rule
            return self._take(before, replace(before, rule=rule, fallback=Fallback(code, reason)))
        return self._take(before, self._settings().by_rule(code, reason))

    def _take(self, before: Any, scorer: Any) -> bool:
        same_rule = getattr(before, "rule", None) == scorer.rule
        if before.model == scorer.model and same_rule and not _is_learned(scorer):
            return False
        self._swap(scorer)
        LOG.info("answers come from %(kind)s %(version)s from now on", scorer.model)
        return True

    def _run(self) -> None:
        while not self._stopped.wait(EVERY):
            try:
                self.look()
            except Exception:
                LOG.exception("the champion could not be looked up")


def _is_learned(scorer: Any) -> bool:
    return isinstance(scorer, LearnedScorer)


def _stamp(file: Path) -> tuple[int, int] | None:
    try:
        found = file.stat()
    except OSError:
        return None
    return found.st_mtime_ns, found.st_size
