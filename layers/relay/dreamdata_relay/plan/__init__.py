"""The tracking plan: judges events by JSON Schemas. Nothing imports it, and it imports no validator, until needed."""
