"""What reviewers say of drivers, kept for whoever trains the next model."""
