"""What is told of calls, to Application Insights or to nobody."""
