"""What is told of a case, and how it gets there: outbox, webhooks, e-mail, and where nothing is sent."""
