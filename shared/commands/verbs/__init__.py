"""What can be typed behind `python -m shared`: options, help and JSON keys of each verb, without what it needs to run.

A verb's work is imported when it runs, so that none starts slower for another's libraries.
"""
