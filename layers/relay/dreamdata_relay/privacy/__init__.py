"""Controls which events, and which of their members, leave the account."""
