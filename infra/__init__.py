"""Where the system runs on Azure, and what is checked of that without Azure."""
