"""Asks AWS several questions, so that a failed one does not hide the other answers."""

from collections.abc import Callable

from botocore.exceptions import BotoCoreError, ClientError, NoCredentialsError, TokenRetrievalError

from relay_cli.errors import AwsFailed
from relay_cli.stack import told

# Each takes half a minute where AWS is not reached: after so many, with no answer among them, no more are asked.
_MOST_NOT_REACHED = 2


class Asked:
    """Questions to AWS. ``unknown`` has a line with the reason for each question that failed."""

    def __init__(self) -> None:
        self.unknown: list[str] = []
        self._errors: list[AwsFailed] = []
        self._answers = 0
        self._not_reached = 0

    def of[T](self, what: str, call: Callable[[], T]) -> T | None:
        """Return the answer of ``call``; None if AWS gives this caller none.

        Raises AwsFailed if AWS is not reached at all. Missing credentials are raised as well.
        """
        try:
            answer = call()
        except (NoCredentialsError, TokenRetrievalError):
            raise
        except (ClientError, BotoCoreError, AwsFailed) as error:
            why = str(error) if isinstance(error, AwsFailed) else told(error)
            self.unknown.append(f"{what}: {why}")
            self._errors.append(AwsFailed(why))
            self._not_reached += isinstance(error, BotoCoreError)
            if not self._answers and self._not_reached >= _MOST_NOT_REACHED:
                self.check_any()
            return None
        self._answers += 1
        return answer

    def check_any(self) -> None:
        """Raise AwsFailed if no question was answered."""
        if self._errors and not self._answers:
            raise self._errors[0]

    def check_all(self) -> None:
        """Raise AwsFailed if any question was not answered."""
        if self._errors:
            raise self._errors[0]
