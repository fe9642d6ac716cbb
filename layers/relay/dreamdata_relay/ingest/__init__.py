"""A request in, every event durable, an answer out: ``service`` tells the story."""
