"""Gives functions that are already imported the code of a mutant, in memory alone."""

import gc
from collections import defaultdict
from pathlib import Path
from types import CodeType, FunctionType
from typing import Any


def functions_below(folder: Path) -> dict[str, list[FunctionType]]:
    """The functions that are in memory from files below ``folder``, by file."""
    found: dict[str, list[FunctionType]] = defaultdict(list)
    gc.unfreeze()
    for thing in gc.get_objects():
        if type(thing) is FunctionType and thing.__code__.co_filename.startswith(str(folder)):
            found[thing.__code__.co_filename].append(thing)
    gc.freeze()
    return found


def swapped(path: Path, mutant: dict[str, Any], functions: list[FunctionType]) -> bool:
    """Give the functions in memory the mutant's code; whether there was any."""
    lines = path.read_text().splitlines()
    lines[mutant["at"] : mutant["at"] + len(mutant["was"])] = mutant["becomes"]
    codes = _codes(compile("\n".join(lines) + "\n", str(path), "exec"))
    before = _codes(compile(path.read_text(), str(path), "exec"))
    some = False
    for function in functions:
        name = function.__code__.co_qualname
        if name == mutant["function"] or name.startswith(mutant["function"] + "."):
            at = [code.co_firstlineno for code in before[name]].index(function.__code__.co_firstlineno)
            code = codes[name][at]
            # A mutant may use nothing any more of what surrounds it; the function still brings that along.
            function.__code__ = code if code.co_freevars else code.replace(co_freevars=function.__code__.co_freevars)
            some = True
    return some


def _codes(code: CodeType) -> dict[str, list[CodeType]]:
    """All code in ``code`` by its qualified name, in the order in which it stands."""
    found: dict[str, list[CodeType]] = defaultdict(list)
    waiting = [code]
    while waiting:
        one = waiting.pop()
        found[one.co_qualname].append(one)
        waiting += [constant for constant in one.co_consts if isinstance(constant, CodeType)]
    return {name: sorted(codes, key=lambda one: one.co_firstlineno) for name, codes in found.items()}
