"""What grows with what: memory of the largest invocations, time by the number of events, hostile input among them."""
