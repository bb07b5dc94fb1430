"""Signals that somebody has made look better than they are, read of what was known at a date.

Each detector lists opportunities, those that were taken, and what would have been expected: no verdict on
anybody. `permuted_accounts.py` says how likely a CSM's sum is where accounts fall to CSMs by chance.
"""
