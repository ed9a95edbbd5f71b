"""Instances, pools and one database, simulated: what runs out first, and at which rate."""
