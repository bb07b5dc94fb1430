"""What customers speak of, by the revenue at risk behind it."""
