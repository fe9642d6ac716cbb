"""Lists the mutants of one module as JSON: mutmut's operators, tried on each node of each function.

Runs in the environment of requirements/mutants.txt, which the tests do not share.
"""

import difflib
import json
import sys
from pathlib import Path

import libcst as cst
from libcst.metadata import MetadataWrapper, PositionProvider
from mutmut.mutation.mutators import mutation_operators, operator_arg_removal, operator_string


def _nothing_done(node):
    """A call whose result nobody takes is left out: what it was to do is not done."""
    if isinstance(node.value, cst.Call):
        yield node.with_changes(value=cst.Ellipsis())


def _nothing_returned(node):
    if node.value is not None and not (isinstance(node.value, cst.Name) and node.value.value == "None"):
        yield node.with_changes(value=cst.Name("None"))


def _first_only(operator):
    """Of a string's three changes one: whoever notices none of them notices no other."""

    def one(node):
        return list(operator(node))[:1]

    return one


def _none_for_each(node):
    """An argument becomes None. mutmut leaves each out as well: most often a TypeError, and a third of all mutants."""
    return [changed for changed in operator_arg_removal(node) if len(changed.args) == len(node.args)]


def _the_other_way(node):
    """A condition is turned round; mutmut does so only for comparisons and after a `not`."""
    if not isinstance(node.test, (cst.Comparison, cst.UnaryOperation)):
        operand = node.test.with_changes(lpar=[cst.LeftParen()], rpar=[cst.RightParen()])
        yield node.with_changes(test=cst.UnaryOperation(cst.Not(), operand))


_INSTEAD = {operator_string: _first_only(operator_string), operator_arg_removal: _none_for_each}
OPERATORS = [(kind, _INSTEAD.get(operator, operator)) for kind, operator in mutation_operators] + [
    (cst.Expr, _nothing_done),
    (cst.Return, _nothing_returned),
    (cst.If, _the_other_way),
    (cst.CompIf, _the_other_way),
]


class Mutations(cst.CSTVisitor):
    """The nodes to change, each with what it becomes and the function that it stands in."""

    METADATA_DEPENDENCIES = (PositionProvider,)

    def __init__(self):
        super().__init__()
        self.found = []
        self._names = []
        self._depth = 0

    def on_visit(self, node):
        """Note what each operator makes of a node inside a function."""
        if isinstance(node, (cst.Annotation, cst.Decorator, cst.Parameters)):
            return False  # read when the function is made, and not when it runs
        if isinstance(node, cst.Expr) and isinstance(node.value, (cst.SimpleString, cst.ConcatenatedString)):
            return False  # a docstring
        if isinstance(node, (cst.FunctionDef, cst.ClassDef)):
            if self._depth == 0:
                self._names.append(node.name.value)
            self._depth += isinstance(node, cst.FunctionDef)
        elif self._depth:
            lines = self.get_metadata(PositionProvider, node, None)
            for kind, operator in OPERATORS:
                if lines and isinstance(node, kind):
                    for changed in operator(node):
                        self.found.append((".".join(self._names), lines.start.line, lines.end.line, node, changed))
        return True

    def on_leave(self, original_node):
        """Leave a function or class."""
        if isinstance(original_node, (cst.FunctionDef, cst.ClassDef)):
            self._depth -= isinstance(original_node, cst.FunctionDef)
            if self._depth == 0:
                self._names.pop()


def mutants(source):
    """Each mutant of ``source`` once: the function, the lines of the changed node and the changed lines."""
    wrapper = MetadataWrapper(cst.parse_module(source))
    visitor = Mutations()
    wrapper.visit(visitor)
    before = source.splitlines()
    seen = set()
    for function, first, last, node, changed in visitor.found:
        code = wrapper.module.deep_replace(node, changed).code
        try:
            compile(code, "mutant", "exec")
        except SyntaxError:  # `break` becomes `return` in a generator's loop and the like
            continue
        if code == source or code in seen:
            continue
        seen.add(code)
        yield {"function": function, "lines": [first, last], **_edit(before, code.splitlines())}


def _edit(before, after):
    """Where the changed lines begin (from 0), and what they are before and after."""
    steps = difflib.SequenceMatcher(None, before, after, autojunk=False).get_opcodes()
    changes = [step for step in steps if step[0] != "equal"]
    old, new = slice(changes[0][1], changes[-1][2]), slice(changes[0][3], changes[-1][4])
    return {"at": old.start, "was": before[old], "becomes": after[new]}


if __name__ == "__main__":
    json.dump(list(mutants(Path(sys.argv[1]).read_text())), sys.stdout)
