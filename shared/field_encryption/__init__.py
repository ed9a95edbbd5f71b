"""Columns of customers that may be stored encrypted: what is stored, its keys, and who is shown what it holds."""
