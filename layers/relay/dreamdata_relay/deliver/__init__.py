"""A batch of messages in, payloads posted, answers judged, messages settled: ``service`` tells the story."""
