"""Versions of the rule's weights, and which of them was adopted when: append-only, so that none is lost."""

from __future__ import annotations

from sqlalchemy import JSON, Column, ForeignKey, Index, Integer, String, Table, Text

from serving.history.score_tables import append_only, metadata

weight_versions = Table(
    "weight_versions",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=True),
    Column("weights", JSON, nullable=False),  # a RuleWeights, whole
    Column("author", Text, nullable=False),
    Column("reason", Text, nullable=False),
    Column("drafted_at", String(30), nullable=False),
)
# The newest row holds; one without a version goes back to the weights of params.yaml.
weight_adoptions = Table(
    "weight_adoptions",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=True),
    Column("version_id", Integer, ForeignKey("weight_versions.id")),
    Column("who", Text, nullable=False),
    Column("reason", Text, nullable=False),
    Column("adopted_at", String(30), nullable=False),
)
Index("weight_adoptions_by_version", weight_adoptions.c.version_id, weight_adoptions.c.id)
append_only(weight_versions)
append_only(weight_adoptions)
