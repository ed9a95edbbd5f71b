"""What operators type: python -m shared <verb>."""
