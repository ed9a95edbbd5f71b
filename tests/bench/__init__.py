"""Models that benches run are held against what is known of them."""
