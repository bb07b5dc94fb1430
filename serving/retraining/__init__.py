"""Training again: when it is due, how a challenger is tried, and how it takes over or does not."""
