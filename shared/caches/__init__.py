"""Answers that are kept for who asked: in this instance, and in Redis."""
