"""The deliver function beside the limit of the loopback, the clients' own senders and a log shipper."""
