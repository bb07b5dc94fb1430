"""The records behind a driver, as they were known then."""
