"""A sandbox for the tests of what sends events: the relay's own checks behind an HTTP server on the loopback interface.

Read ``sandbox`` first; ``server`` serves it, ``plugin`` brings it to pytest, ``__main__`` is the same as a command. It
needs msgspec and nothing of AWS, and no function of the relay imports it.
"""

# Of both commands.
USUAL_PORT = 21475
