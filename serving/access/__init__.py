"""Who may call: keys, scopes, sessions, sign-in, how often, and whose accounts they may see."""
