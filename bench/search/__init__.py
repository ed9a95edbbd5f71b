"""Search: how relevant, how complete and how fast its answers are."""
