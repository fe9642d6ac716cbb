"""`sam deploy --guided`, every question answered with Enter, ends in a deployed stack: as the README says it."""

import os
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from local import sam
from local.aws import ACCOUNT, ENVIRONMENT, Aws
from local.lifecycle import down
from local.patience import patient
from local.places import ROOT, StateDir, tool
from local.servers import start_emulator
from tools.changes import parameters


@pytest.fixture
def emulator(tmp_path: Path) -> Iterator[tuple[StateDir, str]]:
    """An account without a stack: its folder and its address."""
    state = StateDir(tmp_path / "state")
    state.path.mkdir()
    try:
        yield state, start_emulator(state, ACCOUNT)[1]
    finally:
        down(state)


@pytest.mark.timeout(300)
@pytest.mark.parametrize(("environment", "stack"), [("default", "dreamdata-relay-dev"), ("prod", "dreamdata-relay")])
def test_every_default_accepted_ends_in_a_deployed_stack(
    emulator: tuple[StateDir, str], tmp_path: Path, environment: str, stack: str
) -> None:
    """No question is one that stops it, and the choices are kept for the next time."""
    state, url = emulator
    config = tmp_path / "samconfig.toml"
    shutil.copy(ROOT / "samconfig.toml", config)
    files = ["--template-file", str(sam.build(state)), "--config-file", str(config)]

    done = subprocess.run(
        [str(tool("sam", "sam")), "deploy", "--guided", *files, "--config-env", environment],
        input="\n" * (len(parameters()) + 30),
        env={"PATH": os.environ["PATH"], "HOME": str(tmp_path), **ENVIRONMENT, "AWS_ENDPOINT_URL": url,
             "SAM_CLI_TELEMETRY": "0", "NO_PROXY": "127.0.0.1"},
        cwd=tmp_path, capture_output=True, text=True, timeout=patient(240), check=False,
    )  # fmt: skip

    assert done.returncode == 0, done.stdout + done.stderr
    assert "has no authentication" not in done.stdout
    # The one that decides whether alarms tell anybody comes first.
    assert done.stdout.index("Parameter AlarmEmail") < done.stdout.index("Parameter DreamdataEndpoint")
    (described,) = Aws(url).stacks.describe_stacks(StackName=stack)["Stacks"]
    assert described["StackStatus"] == "CREATE_COMPLETE"
    assert stack in config.read_text()
