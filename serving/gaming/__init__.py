"""Who may be making signals look better than they are: shown with the records, discounted if set so."""
