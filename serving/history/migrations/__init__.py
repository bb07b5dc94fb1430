"""What has changed in tables that stores already have: Alembic revisions, run by `store_schema`.

A new table needs none: `prepare` makes what is missing. A changed one needs a file in `versions/`, by
`alembic.op`, whose `down_revision` is the newest before it.
"""
