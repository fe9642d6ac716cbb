"""Compiles privacy rules: rules.yaml, checked as a whole, becomes the rules.json that the functions read at start.

Runs where rules are written and where the package is built, never inside the functions. It takes PyYAML.
"""

from rules_compiler.compiling import compiled, compiled_file
from rules_compiler.problems import Problem, RulesInvalid

__all__ = ["Problem", "RulesInvalid", "compiled", "compiled_file"]
