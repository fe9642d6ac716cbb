"""The privacy rules at work: what was read, cleaned before anything is durable; imported only where there are rules."""
