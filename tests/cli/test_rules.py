"""relay rules: checks, tries, tests and packs rules, without a stack."""

import json
import os
import pty
import subprocess
import sys
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from relay_cli.app import app
from relay_cli.main import options_first
from rules_compiler import compiled

RULES = """\
version: 1
rules:
  - name: no-ips
    match: { type: track }
    do:
      - drop: context.ip
      - pseudonymise_email: traits.email
      - truncate: { at: traits.link, characters: 19 }
      - strip_query: traits.link
  - name: shop-only
    match: { key: shop }
    do: [{ set: { at: properties.shop, to: true } }]
  - name: tests
    match: { event: "Test *" }
    do: [{ drop_event: true }]
"""
EVENT = {"type": "track", "event": "Paid", "userId": "u", "context": {"ip": "192.0.2.1"}, "properties": {}}
type Run = Callable[..., Result]


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder that the command runs in, with rules."""
    (tmp_path / "rules.yaml").write_text(RULES)
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture
def run(folder: Path) -> Run:
    """Run `relay rules` there."""

    def running(*arguments: str, stdin: str | bytes | None = None) -> Result:
        return CliRunner().invoke(app, options_first(["rules", *arguments]), input=stdin)

    return running


def tried(run: Run, events: Any, *options: str) -> list[dict[str, Any]]:
    done = run("try", "-", "--json", *options, stdin=json.dumps(events))
    assert done.exit_code == 0, done.output
    found: list[dict[str, Any]] = json.loads(done.stdout)
    return found


def test_good_rules_are_told_in_a_line(run: Run) -> None:
    done = run("check")
    assert done.exit_code == 0
    assert done.stdout.startswith("rules.yaml: 3 rules (no-ips, shop-only, tests), version ")
    assert done.stdout.rstrip().endswith("needs keys for pseudonyms")


def test_each_fault_is_told_with_its_place(run: Run, folder: Path) -> None:
    (folder / "bad.yaml").write_text(RULES.replace("drop:", "drip:").replace("tests", "Tests"))
    done = run("check", "bad.yaml")
    assert done.exit_code == 1
    assert done.stdout.splitlines() == [
        "bad.yaml:6:9: 'drip' is no action; did you mean drop?",
        "bad.yaml:13:11: 'Tests' is no name: 1 to 60 of a to z, 0 to 9 and -",
    ]


def test_faults_as_json(run: Run, folder: Path) -> None:
    (folder / "rules.yaml").write_text(RULES.replace("drop:", "drip:"))
    done = run("check", "--json")
    assert done.exit_code == 1
    (problem,) = json.loads(done.stdout)["problems"]
    assert (problem["line"], problem["column"]) == (6, 9)


def test_what_a_file_says_does_not_reach_the_terminal(run: Run, folder: Path) -> None:
    (folder / "rules.yaml").write_text('version: 1\nrules: [{name: a, do: [{"\\e[31m\u202e": x}]}]\n')
    done = run("check")
    assert done.exit_code == 1
    assert done.stdout.rstrip("\n").isprintable()


@pytest.mark.parametrize(
    "command", [("check", "none.yaml"), ("try", "none.json"), ("test", "none"), ("build", "none.yaml")]
)
def test_a_file_that_is_not_there_is_wrong_input(run: Run, command: tuple[str, ...]) -> None:
    assert run(*command).exit_code == 2


@pytest.mark.parametrize("command", [("try", "-"), ("test", "cases"), ("build",)])
def test_bad_rules_end_a_command_with_each_fault_on_a_line(run: Run, folder: Path, command: tuple[str, ...]) -> None:
    (folder / "rules.yaml").write_text(RULES.replace("drop:", "drip:").replace("set:", "sat:"))
    (folder / "cases").mkdir()
    (folder / "cases" / "a.before.json").write_text(json.dumps(EVENT))
    done = run(*command, stdin=json.dumps(EVENT))
    assert done.exit_code == 2
    assert [line.partition(": ")[0] for line in done.stderr.splitlines()] == ["rules.yaml:6:9", "rules.yaml:12:12"]
    assert not done.stdout
    assert not list(folder.glob("*.zip"))


def test_the_rule_stands_beside_each_change(run: Run) -> None:
    event = {**EVENT, "traits": {"email": "a@acme.com", "link": "https://acme.com/?a=b"}}
    done = run("try", "-", stdin=json.dumps([event, {**EVENT, "event": "Test 1"}, {**EVENT, "type": "page"}]))
    assert done.exit_code == 0
    lines = done.stdout.splitlines()
    assert lines[0] == 'event 1 track "Paid": changed by no-ips'
    assert lines[1] == '  - context.ip: "192.0.2.1"    no-ips: drop'
    assert lines[2] == '  - traits.email: "a@acme.com"'
    assert lines[3].startswith('  + traits.email: "psn_trial_')
    assert lines[3].endswith('@acme.com"    no-ips: pseudonymise_email')
    assert lines[4:] == [
        '  - traits.link: "https://acme.com/?a=b"',
        '  + traits.link: "https://acme.com/?a"    no-ips: truncate',
        '  - traits.link: "https://acme.com/?a"',
        '  + traits.link: "https://acme.com/"    no-ips: strip_query',
        'event 2 track "Test 1": dropped by tests',
        'event 3 page "Paid": as it came',
        "3 events: 1 changed, 1 dropped, 1 as they came",
    ]


def test_the_changes_lead_from_the_event_to_what_is_kept(run: Run) -> None:
    (found,) = tried(run, EVENT, "--source", "http:shop")
    assert [(change["path"], change["rule"], change["action"]) for change in found["changes"]] == [
        ("context.ip", "no-ips", "drop"),
        ("properties.shop", "shop-only", "set"),
    ]
    assert found["event"] == {**EVENT, "context": {}, "properties": {"shop": True}}
    assert json.loads(found["text"]) == found["event"]


@pytest.mark.parametrize(
    "body",
    [
        json.dumps(EVENT),
        json.dumps(EVENT, indent=2),
        json.dumps([EVENT]),
        json.dumps({"batch": [EVENT]}),
        json.dumps({"batch": [{**EVENT, "context": {}}], "context": EVENT["context"]}),
        json.dumps(EVENT) + "\n" + json.dumps(EVENT) + "\n",
    ],
)
def test_events_are_read_as_a_request_is(run: Run, body: str) -> None:
    done = run("try", "-", "--json", stdin=body)
    assert done.exit_code == 0, done.output
    for found in json.loads(done.stdout):
        assert [change["path"] for change in found["changes"]] == ["context.ip"]


@pytest.mark.parametrize("body", ["", "[]", "no", "[1]", '"x"', "\xff"])
def test_what_holds_no_event_is_wrong_input(run: Run, body: str) -> None:
    assert run("try", "-", stdin=body.encode("latin-1")).exit_code == 2


def test_no_such_way_in_is_wrong_input(run: Run) -> None:
    assert run("try", "-", "--source", "https", stdin=json.dumps(EVENT)).exit_code == 2


def test_what_the_rules_leave_no_identity_is_told_to_be_refused(run: Run, folder: Path) -> None:
    (folder / "rules.yaml").write_text("version: 1\nrules: [{name: a, do: [{drop: userId}]}]\n")
    (found,) = tried(run, EVENT)
    assert found["refused"] == "identity_missing"
    done = run("try", "-", stdin=json.dumps(EVENT))
    assert "changed by a, and then refused: identity_missing" in done.stdout


def test_doubled_and_escaped_members_are_shown_each(run: Run) -> None:
    body = '{"type":"track","event":"P","userId":"u","context":{"ip":"1.1.1.1","\\u0069p":"2.2.2.2","a.b":1}}'
    done = run("try", "-", "--json", stdin=body)
    (found,) = json.loads(done.stdout)
    assert [change["before"] for change in found["changes"]] == ['"1.1.1.1"', '"2.2.2.2"']
    assert found["event"]["context"] == {"a.b": 1}


def test_what_an_event_says_does_not_reach_the_terminal(run: Run) -> None:
    done = run(
        "try", "-", stdin=json.dumps({**EVENT, "event": "\x1b[2J\nfake", "context": {"ip": "\x1b]0;x\x07\u202e"}})
    )
    assert done.exit_code == 0
    assert all(line.isprintable() for line in done.stdout.splitlines())
    assert not any(line.startswith("fake") for line in done.stdout.splitlines())


def test_changes_are_coloured_on_a_terminal_and_only_there(folder: Path) -> None:
    (folder / "event.json").write_text(json.dumps(EVENT))
    main = Path(__file__).resolve().parents[2] / "relay_cli" / "__main__.py"
    command = [sys.executable, "-S", "-P", str(main), "rules", "try", "event.json"]
    piped = subprocess.run(command, cwd=folder, capture_output=True, check=True, timeout=60).stdout
    assert b"\x1b" not in piped
    assert b"\x1b[31m  - context.ip" in _on_a_terminal(command, folder, {})
    assert b"\x1b" not in _on_a_terminal(command, folder, {"NO_COLOR": "1"})


def _on_a_terminal(command: list[str], folder: Path, more: dict[str, str]) -> bytes:
    ours, theirs = pty.openpty()
    with subprocess.Popen(command, cwd=folder, stdout=theirs, stderr=theirs, env={**os.environ, **more}):
        os.close(theirs)
        said = b""
        while piece := _read(ours):
            said += piece
    os.close(ours)
    return said


def _read(terminal: int) -> bytes:
    try:
        return os.read(terminal, 65_536)
    except OSError:
        # How a terminal ends whose other side is closed.
        return b""


def case(folder: Path, name: str, before: object, after: object = None, source: str | None = None) -> None:
    place = folder / "cases"
    place.mkdir(exist_ok=True)
    (place / f"{name}.before.json").write_text(json.dumps(before))
    if after is not None:
        (place / f"{name}.after.json").write_text(json.dumps(after))
    if source:
        (place / f"{name}.source").write_text(source + "\n")


def test_cases_that_hold_end_with_0(run: Run, folder: Path) -> None:
    case(folder, "ip", EVENT, {**EVENT, "context": {}})
    case(folder, "dropped", {**EVENT, "event": "Test 2"}, {"dropped_by": "tests"})
    case(folder, "shop", EVENT, {**EVENT, "context": {}, "properties": {"shop": True}}, "http:shop")
    done = run("test", "cases")
    assert (done.exit_code, done.stdout) == (0, "3 cases, 0 failed\n")


@pytest.mark.parametrize(
    ("before", "after", "told"),
    [
        (EVENT, EVENT, "the event differs"),
        (EVENT, {"dropped_by": "tests"}, "not dropped by tests"),
        ({**EVENT, "event": "Test 2"}, EVENT, "dropped by tests"),
        ({**EVENT, "event": "Test 2"}, {"dropped_by": "no-ips"}, "dropped by tests"),
        (EVENT, None, "is missing; --write writes it"),
    ],
)
def test_a_case_that_does_not_hold_ends_with_1(run: Run, folder: Path, before: Any, after: Any, told: str) -> None:
    case(folder, "one", before, after)
    case(folder, "good", EVENT, {**EVENT, "context": {}})
    done = run("test", "cases")
    assert done.exit_code == 1
    assert told in done.stdout
    assert done.stdout.endswith("2 cases, 1 failed\n")


def test_what_differs_is_shown(run: Run, folder: Path) -> None:
    case(folder, "one", EVENT, EVENT)
    assert '  - context.ip: "192.0.2.1"    - expected, + found' in run("test", "cases").stdout


def test_missing_after_files_can_be_written(run: Run, folder: Path) -> None:
    case(folder, "ip", EVENT)
    case(folder, "dropped", {**EVENT, "event": "Test 2"})
    assert run("test", "cases", "--write").exit_code == 0
    assert json.loads((folder / "cases" / "ip.after.json").read_text()) == {**EVENT, "context": {}}
    assert json.loads((folder / "cases" / "dropped.after.json").read_text()) == {"dropped_by": "tests"}
    assert run("test", "cases").exit_code == 0


def test_cases_bring_their_own_rules(run: Run, folder: Path) -> None:
    case(folder, "ip", EVENT, {**EVENT, "context": {"ip": "192.0.2.0"}})
    (folder / "cases" / "rules.yaml").write_text("version: 1\nrules: [{name: a, do: [{truncate_ip: context.ip}]}]\n")
    assert run("test", "cases").exit_code == 0
    assert run("test", "cases", "--rules", "rules.yaml").exit_code == 1


def test_a_folder_without_a_case_is_wrong_input(run: Run, folder: Path) -> None:
    assert run("test", str(folder)).exit_code == 2


def test_the_layer_holds_what_the_build_would_put_there(run: Run, folder: Path) -> None:
    assert run("build", "--to", "a.zip").exit_code == 0
    with zipfile.ZipFile(folder / "a.zip") as archive:
        assert archive.namelist() == ["relay_rules/rules.json"]
        assert archive.read("relay_rules/rules.json") == compiled(RULES.encode())


def test_the_same_rules_make_the_same_zip(run: Run, folder: Path) -> None:
    """Another zip would be another version of the layer, for nothing."""
    run("build", "--to", "a.zip")
    os.utime(folder / "rules.yaml", (0, 0))
    run("build", "--to", "b.zip")
    assert (folder / "a.zip").read_bytes() == (folder / "b.zip").read_bytes()


def test_how_the_layer_is_published_is_told(run: Run) -> None:
    done = run("build", "--to", "my rules.zip")
    assert "--zip-file 'fileb://my rules.zip'" in done.stderr
    assert "RulesLayerArn" in done.stderr


def test_without_what_reads_yaml_is_told_what_to_install(folder: Path) -> None:
    code = "import sys; sys.modules['yaml'] = None; from relay_cli.main import main; main()"
    root = Path(__file__).resolve().parents[2]
    env = {**os.environ, "PYTHONPATH": os.pathsep.join(map(str, (root, root / "layers/relay", root / "layers/rules")))}
    command = [sys.executable, "-c", code, "rules", "check"]
    done = subprocess.run(command, cwd=folder, env=env, capture_output=True, text=True, check=False, timeout=60)
    assert done.returncode == 2
    assert "pipx install '.[rules]'" in done.stderr
