"""Backups that anybody can read without Azure: what is in them, how they are made, proven and restored."""
