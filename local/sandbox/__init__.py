"""A stand-in for Dreamdata: strict about the vendor's rules by code of its own, and scriptable by tests.

It imports nothing of the relay, so that a misreading of the rules cannot hide by being made twice.
"""
