"""What IAM knows of policies, offline: parliament's findings, and the actions of each service.

Run by the environment `.local/tools/policies`: reads ``{"policies": {name: document}, "services": [prefix]}`` from
standard input and prints ``{"findings": {name: [text]}, "actions": {prefix: [action]}}``.
"""

import json
import sys
import warnings
from pathlib import Path
from typing import Any

with warnings.catch_warnings():
    # How it finds its own files is about to go.
    warnings.simplefilter("ignore")
    import parliament


def main() -> None:
    """Answer one question."""
    asked = json.load(sys.stdin)
    definition = json.loads((Path(parliament.__file__).parent / "iam_definition.json").read_text())
    known: dict[str, list[str]] = {}
    # A prefix may be of several services.
    for service in definition:
        known.setdefault(service["prefix"], []).extend(found["privilege"] for found in service["privileges"])
    answer = {
        "findings": {name: findings(document) for name, document in asked["policies"].items()},
        "actions": {prefix: known.get(prefix, []) for prefix in asked["services"]},
    }
    json.dump(answer, sys.stdout)


def findings(document: dict[str, Any]) -> list[str]:
    """What is wrong with a policy: unknown actions, resources of another kind, conditions that never hold."""
    return [
        f"{found.issue}: {found.detail}" for found in parliament.analyze_policy_string(json.dumps(document)).findings
    ]


if __name__ == "__main__":
    main()
