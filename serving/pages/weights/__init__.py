"""The weights workshop: try other weights, draft a version, and, with the right to, adopt it."""
