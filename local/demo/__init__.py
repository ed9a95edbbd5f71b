"""A minute in the terminal that shows the point; every answer in it is a server's own."""
