"""How a row of features becomes a health: the model or the rule, its points, its flags, the payload."""
