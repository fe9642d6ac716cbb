"""What goes to the queues: calls that fit, dead letters and what is taken out of them."""
