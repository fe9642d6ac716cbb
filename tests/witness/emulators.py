"""Two emulators of AWS, written by different people: what both say of a service is more likely what AWS does."""

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import boto3
import urllib3
from botocore.config import Config

from local.patience import patient
from local.places import ROOT, TOOLS
from local.ports import free_port
from local.processes import environment
from local.servers import EMULATOR, on_loopback
from local.waiting import wait_until
from tests.clients.installing import alone

REGION = "eu-west-1"
KEY_PAIR = {"AWS_ACCESS_KEY_ID": "000000000000", "AWS_SECRET_ACCESS_KEY": "local"}
NAMES = ("ministack", "moto")
_START_S = 60.0


@dataclass(frozen=True)
class Emulator:
    """A running emulator at ``url``."""

    name: str
    url: str

    def client(self, service: str) -> Any:
        """A boto3 client of it."""
        return boto3.client(
            service,
            endpoint_url=self.url,
            region_name=REGION,
            aws_access_key_id=KEY_PAIR["AWS_ACCESS_KEY_ID"],
            aws_secret_access_key=KEY_PAIR["AWS_SECRET_ACCESS_KEY"],
            config=Config(proxies={}, retries={"total_max_attempts": 1}),
        )


@contextmanager
def running(name: str, scratch: Path) -> Iterator[Emulator]:
    """The emulator ``name`` on a free port of loopback, with an account of its own; ended afterwards."""
    port = free_port(0)
    command, settings, health = _ministack(port, scratch) if name == "ministack" else _moto(port)
    log = scratch / f"{name}.log"
    env = environment(str(scratch), TMPDIR=str(scratch), AWS_DEFAULT_REGION=REGION, **KEY_PAIR, **settings)
    with log.open("wb") as output:
        process = subprocess.Popen(command, stdout=output, stderr=subprocess.STDOUT, env=env, cwd=scratch)
        try:
            url = f"http://127.0.0.1:{port}"
            wait_until(lambda: (process.poll() is not None or _answers(url + health)) or None, _START_S, name)
            assert process.poll() is None, f"{name} does not come up: {log.read_text()[-2000:]}"
            yield Emulator(name, url)
        finally:
            process.terminate()
            process.wait(patient(30))


def _ministack(port: int, scratch: Path) -> tuple[list[str], dict[str, str], str]:
    return [_python("ministack"), "-P", str(EMULATOR)], on_loopback(port), "/_ministack/health"


def _moto(port: int) -> tuple[list[str], dict[str, str], str]:
    return [_python("moto"), "-m", "moto.server", "-H", "127.0.0.1", "-p", str(port)], {}, "/moto-api/"


def _python(name: str) -> str:
    with alone(TOOLS / f"{name}.lock"):
        subprocess.run([sys.executable, str(ROOT / "tools" / "setup.py"), name], check=True, cwd=ROOT)
    return str(TOOLS / name / "bin" / "python")


def _answers(url: str) -> bool:
    try:
        return urllib3.request("GET", url, retries=False, timeout=30.0).status == 200
    except urllib3.exceptions.HTTPError:
        return False
