"""Minutes of calls while things fail one at a time: what callers notice of it, and what the processes keep."""
