"""The privacy rules, which change events or drop them, and the people whose events are suppressed."""
