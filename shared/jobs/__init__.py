"""What timers start, one file each."""
