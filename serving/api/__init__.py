"""How a call comes in and an answer goes out: bodies, queries, errors, documents, doors."""
