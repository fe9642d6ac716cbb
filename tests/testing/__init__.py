"""The sandbox for the tests of senders: dreamdata_relay.testing."""
