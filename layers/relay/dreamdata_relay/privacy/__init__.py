"""The privacy rules: what they change in an event, or that they drop it."""
