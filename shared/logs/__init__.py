"""Log lines as JSON, without secrets and personal data."""
