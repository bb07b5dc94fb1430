"""What a score says in words, in English and Chinese."""
