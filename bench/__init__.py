"""Figures as ratios of one run: `python3 dev.py bench`."""
