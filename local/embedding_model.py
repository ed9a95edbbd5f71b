"""The id of a laptop's model, kept with its vectors; apart from the model, which takes its time to load."""

MODEL = "all-MiniLM-L6-v2-int8"
