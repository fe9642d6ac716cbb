"""Ingest beside other ways of reading the same bodies."""
