"""Ingest: takes a request, stores every event durably and answers. Read ``service`` first."""
