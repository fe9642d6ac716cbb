"""What `sam build` ships: byte code that is never compiled again, for both processors, and nothing large."""

import importlib.util
import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from local.patience import patient

ROOT = Path(__file__).resolve().parents[2]
MAX_LAYER_BYTES = 12_000_000
_CHECKED_BITS = 0b11


def environment() -> dict[str, str]:
    """What the builds find: this Python, and the uv that made its environment where none is on the PATH."""
    folders = [Path(sys.executable).parent, ROOT / ".local" / "tools" / "uv" / "bin"]
    return {**os.environ, "PATH": os.pathsep.join([*map(str, folders), os.environ["PATH"]])}


def assert_unchecked_byte_code(folder: Path) -> int:
    """Every module below ``folder`` has byte code that Python never compares with its source; how many there are."""
    sources = list(folder.rglob("*.py"))
    for source in sources:
        compiled = Path(importlib.util.cache_from_source(str(source)))
        flags = int.from_bytes(compiled.read_bytes()[4:8], "little")
        assert flags & _CHECKED_BITS == 0b01, source
    return len(sources)


@pytest.fixture(scope="module")
def layer(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The layer as the build makes it."""
    artifacts = tmp_path_factory.mktemp("layer")
    source = tmp_path_factory.mktemp("source") / "relay"
    shutil.copytree(ROOT / "layers" / "relay", source)
    command = [sys.executable, "build_layer.py", str(artifacts)]
    subprocess.run(command, cwd=source, check=True, timeout=patient(100), env=environment())
    return artifacts


def test_every_module_of_the_layer_ships_unchecked_byte_code(layer: Path) -> None:
    """A .pyc that Python compares with its source is compiled anew at every cold start."""
    assert assert_unchecked_byte_code(layer) > 100


def test_the_sandbox_is_no_part_of_the_layer(layer: Path) -> None:
    assert not (layer / "python" / "dreamdata_relay" / "testing").exists()


@pytest.mark.parametrize("uv", ["/usr/bin/uv", None])
@pytest.mark.parametrize(("folder", "module"), [("relay", "build_layer"), ("rules", "build_rules")])
def test_layers_are_made_of_wheels_with_known_hashes_only(
    folder: str, module: str, uv: str | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A source package would run code of its own where the layer is built."""
    spec = importlib.util.spec_from_file_location(module, ROOT / "layers" / folder / f"{module}.py")
    assert spec
    assert spec.loader
    builder = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(builder)
    run: list[list[str]] = []

    def noted(command: list[str], *, check: bool) -> subprocess.CompletedProcess[str]:
        run.append(command)
        return subprocess.CompletedProcess(command, 0)

    monkeypatch.setattr(shutil, "which", lambda _: uv)
    monkeypatch.setattr(subprocess, "run", noted)

    builder.install(Path("folder"), *(["aarch64"] if folder == "relay" else []))

    ((*command, _, lock),) = run
    assert command[command.index("--only-binary") + 1] == ":all:"
    assert {"--require-hashes", "--no-deps"} < set(command)
    assert lock == str(ROOT / "layers" / folder / "requirements.txt")


@pytest.mark.parametrize(("folder", "target"), [("ingest", "IngestFunction"), ("deliver", "DeliverFunction")])
def test_functions_ship_unchecked_byte_code(tmp_path: Path, folder: str, target: str) -> None:
    """The handler's module is compiled as well, and nothing but the handler is shipped."""
    command = ["make", "--silent", f"build-{target}", f"ARTIFACTS_DIR={tmp_path}"]
    subprocess.run(command, cwd=ROOT / "functions" / folder, check=True, timeout=patient(30), env=environment())
    assert assert_unchecked_byte_code(tmp_path) == 1


@pytest.mark.parametrize("name", ["layers/relay", "layers/rules", "functions/ingest", "functions/deliver"])
def test_a_build_without_python_3_13_says_so(tmp_path: Path, name: str) -> None:
    """One line that names what is missing, and a status that stops `sam build`."""
    (target,) = [
        line.rstrip(":") for line in (ROOT / name / "Makefile").read_text().splitlines() if line.startswith("build-")
    ]
    command = ["make", "--silent", target, f"ARTIFACTS_DIR={tmp_path}", "PYTHON=python3.13-that-is-not-there"]
    done = subprocess.run(command, cwd=ROOT / name, check=False, timeout=patient(30), capture_output=True, text=True)
    assert done.returncode != 0
    assert "python3.13-that-is-not-there is not on the PATH" in done.stderr


@pytest.mark.parametrize("machine", ["x86_64", "aarch64"])
def test_the_layer_serves_both_processors(layer: Path, machine: str) -> None:
    """One layer whatever the Architecture parameter says."""
    assert list(layer.glob(f"python/msgspec/_core.cpython-313-{machine}-linux-gnu.so"))


def test_the_layer_is_small(layer: Path) -> None:
    """At most 12 MB unzipped."""
    assert sum(path.stat().st_size for path in layer.rglob("*") if path.is_file()) <= MAX_LAYER_BYTES


@pytest.fixture
def rules(tmp_path: Path) -> Path:
    """A copy of the rules' layer, as SAM builds from one."""
    source = tmp_path / "rules"
    shutil.copytree(ROOT / "layers" / "rules", source, ignore=shutil.ignore_patterns("__pycache__"))
    return source


def built_rules(source: Path, artifacts: Path) -> subprocess.CompletedProcess[str]:
    """What `sam build` runs for the layer."""
    artifacts.mkdir()
    command = ["make", "--silent", "build-RulesLayer", f"ARTIFACTS_DIR={artifacts}"]
    return subprocess.run(
        command, cwd=source, check=False, timeout=patient(60), env=environment(), capture_output=True, text=True
    )


def test_the_rules_layer_holds_the_compiled_rules_and_nothing_else(rules: Path, tmp_path: Path) -> None:
    """What reads YAML is not shipped: the functions would load it."""
    (rules / "rules.yaml").write_text("version: 1\nrules:\n  - name: no-ips\n    do: [{drop: context.ip}]\n")
    artifacts = tmp_path / "artifacts"
    done = built_rules(rules, artifacts)
    assert done.returncode == 0, done.stderr
    (file,) = (path for path in artifacts.rglob("*") if path.is_file())
    assert file == artifacts / "relay_rules" / "rules.json"
    assert json.loads(file.read_bytes())["rules"][0]["name"] == "no-ips"


def test_a_bad_rule_fails_the_build_with_file_line_and_reason(rules: Path, tmp_path: Path) -> None:
    """And leaves nothing that could be deployed."""
    (rules / "rules.yaml").write_text(
        "version: 1\nrules:\n  - name: no-ips\n    do: [{drip: context.ip}, {drop: type}]\n"
    )
    artifacts = tmp_path / "artifacts"
    done = built_rules(rules, artifacts)
    assert done.returncode != 0
    told = done.stderr.splitlines()
    assert told[0] == "layers/rules/rules.yaml:4:11: 'drip' is no action; did you mean drop?"
    assert told[1] == "layers/rules/rules.yaml:4:37: type is the relay's own: no action may name it"
    assert list(artifacts.iterdir()) == []


def test_the_rules_that_are_shipped_are_built_without_rules(rules: Path, tmp_path: Path) -> None:
    """Off by default."""
    assert built_rules(rules, tmp_path / "artifacts").returncode == 0
    built = json.loads((tmp_path / "artifacts" / "relay_rules" / "rules.json").read_bytes())
    assert built == {"format": 1, "version": "", "needs_keys": False, "rules": []}
