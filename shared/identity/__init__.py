"""Who calls: a token in, a caller with scopes out."""
