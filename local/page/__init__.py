"""The live page of the local stack: what the relay took, where it is, and what became of it.

Everything it shows is read from the stack as an operator could read it: the queues, looked at without receiving, the
functions' logs, and what the sandbox received. The functions do not know of it.
"""
