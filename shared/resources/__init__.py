"""The resources, one file a subject: what a client may put before its model without a call of a tool."""
