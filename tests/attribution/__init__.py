"""The attribution rules."""
