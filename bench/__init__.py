"""What things cost, and how well search answers: `python3 dev.py bench`."""
