"""The privacy rules of a local stack: those that its build has compiled.

On AWS the functions find them in their second layer; the emulator puts no layer there, so they are told of a file.
"""

import json
import shutil
from pathlib import Path

from local.places import StateDir

_IN_BUILD = Path("RulesLayer", "relay_rules", "rules.json")


def put_rules(state: StateDir, template: Path) -> dict[str, str]:
    """Put the rules beside the built ``template`` where the functions read them; the stack's parameters for them."""
    built = template.parent / _IN_BUILD
    state.path.mkdir(parents=True, exist_ok=True)
    shutil.copyfile(built, state.rules_file)
    return {"PrivacyKeys": "own"} if json.loads(built.read_bytes())["needs_keys"] else {}
