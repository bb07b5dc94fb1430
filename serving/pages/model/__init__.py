"""The page about the model: each panel a file, listed in `panels.py`."""
