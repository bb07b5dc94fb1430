"""Where the rule and the learned model differ most, and by which driver."""
