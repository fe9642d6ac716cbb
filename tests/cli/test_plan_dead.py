"""relay plan infer --dead: a plan of what lies in the dead-letter queue, which stays there."""

import json
from pathlib import Path

from tests.cli.conftest import DEAD, Bench


def test_a_plan_is_made_of_dead_letters_and_leaves_them(bench: Bench, tmp_path: Path) -> None:
    """Of chunks, single events and wrapped ones; not of what is left of an event, nor of what is none."""
    identify = {"type": "identify", "traits": {"plan": "x"}}
    notification = {"Type": "Notification", "TopicArn": "t", "Message": json.dumps({"type": "group", "traits": {}})}
    bodies = [
        {"batch": [identify, {"type": "track", "event": "A", "properties": {"a": 1}}]},
        identify,
        notification,
        {"relay_stub": True, "type": "page"},
    ]
    for body in [*map(json.dumps, bodies), "not JSON"]:
        bench.sqs.put(DEAD, body, error_code="type_unknown")
    told = bench.json("plan", "infer", "--dead", "--to", str(tmp_path / "plan"))
    assert (told["schemas"], told["events"]) == (3, 4)
    files = sorted(path.relative_to(tmp_path / "plan").as_posix() for path in (tmp_path / "plan").rglob("*.json"))
    assert files == ["group.json", "identify.json", "track/a.json"]
    assert len(bench.sqs.visible(DEAD)) == 5
