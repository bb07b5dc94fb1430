"""The pages about themes: the ranking by revenue at risk, and the sentences behind a theme."""
