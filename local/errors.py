"""What can go wrong with the local stack, in words for the person at the keyboard."""


class LocalError(Exception):
    """Raised with one line that says what is wrong and what to do; the command line prints it, status 1."""
