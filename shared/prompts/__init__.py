"""The prompts, one file a subject: which tools answer managers' recurring questions, in which order, and what to mind.

Their words are in pages/prompts/, with $names for arguments.
"""
