"""Cases, their clock and its watcher, the budget of alarms, plans, and bands that people set."""
