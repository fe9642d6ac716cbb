"""Events: reading, rules, normalization, timestamps, ids, batches and chunks."""
