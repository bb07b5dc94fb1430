"""The same accounts under another way of scoring them."""
