"""`relay smoke`: checks from outside, in a few minutes, whether a deployed stack works.

Each file is a group of checks, a generator of results; ``running`` orders them. A run removes what it made.
"""
