"""What the simulated company sells: modules, their features, and which features are sticky."""

from __future__ import annotations

import numpy as np

from training.simulation.arrays import Floats, Ints, Texts, generator
from training.simulation.world import World

MODULES = ("core", "reporting", "automation", "collaboration", "integration", "forecasting")
FEATURES: tuple[tuple[str, str, float], ...] = (  # module, feature, appeal on a day of use
    ("core", "login", 1.00),
    ("core", "search", 0.30),
    ("core", "export", 0.06),
    ("reporting", "dashboard", 0.30),
    ("reporting", "scheduled_report", 0.14),
    ("automation", "workflow_run", 0.22),
    ("automation", "rule_edit", 0.05),
    ("collaboration", "comment", 0.16),
    ("collaboration", "share_link", 0.08),
    ("integration", "api_sync", 0.20),
    ("integration", "connector_edit", 0.03),
    ("forecasting", "forecast_view", 0.12),
)
STICKY_FEATURES = ("scheduled_report", "workflow_run", "api_sync")
MODULE_OF = np.array([MODULES.index(module) for module, _, _ in FEATURES])
APPEAL = np.array([appeal for _, _, appeal in FEATURES])
STICKY = np.array([feature in STICKY_FEATURES for _, feature, _ in FEATURES])


def modules_licensed(world: World) -> Ints:
    """How many of `MODULES`, in order, each account has licensed; larger customers license more."""
    rng = generator(world.params.seed, "modules")
    return 3 + world.customers.segment + rng.integers(0, 2, world.customers.count)


def module_texts(licensed: Ints) -> Texts:
    """The licensed modules as the subscriptions hold them, separated by `|`.

    >>> module_texts(np.array([3]))[0]
    'core|reporting|automation'
    """
    return np.array(["|".join(MODULES[:count]) for count in licensed], dtype=object)


def module_reluctance(world: World) -> Floats:
    """Adoption from which each account takes up each module, shape (account, module); core always."""
    rng = generator(world.params.seed, "reluctance")
    reluctance = rng.normal(-0.6, 0.9, (world.customers.count, len(MODULES)))
    reluctance[:, 0] = -np.inf
    reluctance[np.arange(len(MODULES)) >= modules_licensed(world)[:, None]] = np.inf
    return reluctance
