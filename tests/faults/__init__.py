"""Faults of the real processes: the local stack, with IAM enforced, and what became of every event."""
