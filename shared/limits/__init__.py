"""How much one caller, one instance and all instances together may take."""
