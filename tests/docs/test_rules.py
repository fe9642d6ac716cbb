"""The tables of the rules in docs/ are those of the code."""

import pytest

from tools.rules import DOCS, PAGES, written


@pytest.mark.parametrize("page", PAGES)
def test_the_rules_on_a_page_are_those_of_the_table(page: str) -> None:
    """``PYTHONPATH=layers/relay python -m tools.rules`` writes them."""
    assert (DOCS / page).read_text() == written(page)
