"""What ends a command early, each with its exit status; the texts are one line that says what to do.

RelayCommandError
  NotAsWished      status 1: the command ran, and what it found or did is not all as wished
  WrongInput       status 2: an option, a file or a key that cannot be used
    NotWritten     status 2: stdout cannot be written
  NoStack          status 3: no credentials, or no stack of that name
  AwsFailed        status 4: AWS or the relay refused, or was not reached
  NotKnown         status 5: the command ran, and could not find out all that it was asked
"""


class RelayCommandError(Exception):
    """Base of all; ``status`` is the exit status."""

    status = 1


class NotAsWished(RelayCommandError):
    """Raised when the command ran, and what it found or did is not all as wished."""


class WrongInput(RelayCommandError):
    """Raised when an option, a file or a key cannot be used."""

    status = 2


class NotWritten(WrongInput):
    """Raised when stdout is closed or full: the command ran, and nobody has its result."""


class NoStack(RelayCommandError):
    """Raised when there are no credentials, or no stack of that name."""

    status = 3


class AwsFailed(RelayCommandError):
    """Raised when AWS or the relay refused, or was not reached."""

    status = 4


class NotKnown(RelayCommandError):
    """Raised when the command ran, and could not find out all that it was asked."""

    status = 5
