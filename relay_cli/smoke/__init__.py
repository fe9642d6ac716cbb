"""`relay smoke`: whether a deployed stack does all that it is for, found out from outside in a few minutes.

Each file is a group of checks, a generator of results; ``running`` puts them in order. What a run makes it removes.
"""
