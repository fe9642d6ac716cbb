"""The tracking plan: its compiler, its engine and its commands."""
