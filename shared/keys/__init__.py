"""The keys of the vault: which one signs, how they are changed."""
