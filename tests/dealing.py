"""How the tests are dealt out to the processes that run them: those that share a stack to one, all others one by one.

The mark ``xdist_group`` would say the same. It works by a suffix of the tests' names, which pytest 9.2 does not keep:
pytest-xdist 3.8 then deals the tests out one by one, and each process starts each stack.
"""

from xdist.scheduler import LoadScopeScheduling

# They share a stack, or wait for processes with little time of their own. The page has a stack of its own.
_FOLDERS = {"page": "page", "e2e": "stack", "faults": "stack", "local": "stack", "witness": "stack"}


class OfAStackTogether(LoadScopeScheduling):  # type: ignore[misc]  # pytest-xdist tells no types
    """The largest groups go out first: each of two processes begins with one of a stack."""

    def _split_scope(self, nodeid: str) -> str:
        return on_a_stack(nodeid) or nodeid


def on_a_stack(nodeid: str) -> str | None:
    """The group of a test that shares a stack, for example ``tests/page/test_tail.py::test_half_a_line``."""
    return _FOLDERS.get(nodeid.split("/")[1])
