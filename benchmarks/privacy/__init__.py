"""What the privacy rules cost: a typical event, none, and a cold start."""
