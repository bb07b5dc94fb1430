"""The commands of documents that no test runs as they stand: why, and which test runs their like."""

from __future__ import annotations

SERVES = "serves until it is stopped"
SETS_UP = "sets the whole project up, or is what runs this test"
# The first words of a command; it is parsed all the same, so that its words and options must exist.
NOT_RUN = {
    "make": (SETS_UP, "Makefile"),
    "vitals serve": (SERVES, "tests/serving/test_service_process.py"),
    "vitals up": (SERVES, "tests/serving/test_together.py"),
    "vitals watch": (SERVES, "tests/serving/test_clock.py"),
    "vitals import salesforce": (
        "needs exports of three systems",
        "tests/features/imports/test_several_systems.py",
    ),
    "vitals audit": ("draws futures for minutes", "tests/serving/test_audit_run.py"),
    "vitals monitor": (
        "draws every column for half a minute",
        "tests/serving/monitoring/test_monitoring_run.py",
    ),
    "vitals simulate --shift-months": (
        "simulates a thousand accounts",
        "tests/training/simulation/test_market_shift.py",
    ),
    "vitals import MAPPING.yaml --from tonight/": (
        "needs a second night's export",
        "tests/features/imports/test_connect_document.py",
    ),
    "vitals retrain": ("trains once more, by the same function", "tests/serving/test_retraining.py"),
    "vitals shadow": ("needs a challenger that was scored for nights", "tests/serving/test_retraining.py"),
    "vitals rollback": ("needs a champion before", "tests/serving/test_retraining.py"),
    "vitals gaming": ("reads months of a team's surveys", "tests/features/test_gaming.py"),
    "vitals lineage": ("needs a published month", "tests/serving/test_lineage.py"),
    "vitals change": ("needs two published dates", "tests/serving/test_change_route.py"),
    "vitals score --rows features.parquet --engine spark": (
        "needs a cluster",
        "tests/spark/test_scoring_on_spark.py",
    ),
    "vitals score --rows features.parquet": ("needs a file of rows", "tests/serving/test_bulk_rows.py"),
    "vitals features s3a:": ("needs a cluster", "tests/spark/test_same_on_both_engines.py"),
}
# Documents whose blocks other tests run, in a workspace of their own.
OTHER_TESTS = {
    "docs/connect.md": "tests/features/imports/test_connect_document.py",
    "docs/api.md": "tests/serving/test_api_examples.py",
    "docs/operate.md": "tests/serving/test_operate.py",
}
