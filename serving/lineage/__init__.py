"""Where a published score comes from, and whether the same comes out again."""
