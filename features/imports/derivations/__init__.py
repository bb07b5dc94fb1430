"""What no renaming of columns can say: a history read as facts with the time each became known."""
