"""The score history: the store, its tables, and what is read of it."""
