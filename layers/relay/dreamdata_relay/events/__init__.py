"""What an event is: reading, rules, normalization, timestamps, ids, batches of events and chunks of them."""
