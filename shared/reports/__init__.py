"""Reports of the business: figures of the caller's stores, for tools, timers and the command line. No protocol here."""
