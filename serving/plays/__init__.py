"""Did the play work? What became of accounts that were worked on, beside those as severe that were not."""
