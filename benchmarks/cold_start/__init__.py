"""What a cold start takes: imports and first-use set-up of the built functions, each sample a fresh process."""
