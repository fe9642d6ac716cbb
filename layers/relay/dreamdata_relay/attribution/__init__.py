"""Tells which of Dreamdata's contacts, companies and campaigns an event can reach, and what keeps it from more.

It only looks: it changes no event, and no result has a value of one. The functions do not import it.
"""
