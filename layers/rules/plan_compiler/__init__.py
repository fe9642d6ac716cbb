"""Compiles a tracking plan: a folder of JSON Schemas, checked as a whole, becomes the plan.json that the engine reads.

Runs where plans are written, never inside the functions. It takes jsonschema-rs, and PyYAML for the settings.
"""

from plan_compiler.compiling import compiled_folder
from plan_compiler.problems import PlanInvalid

__all__ = ["PlanInvalid", "compiled_folder"]
