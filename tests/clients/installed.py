"""Clients of languages whose package registries this project does not use: run where the machine has them.

Ruby: ``gem install analytics-ruby``. PHP: ``composer global require segmentio/analytics-php``, or any other place whose
``vendor/autoload.php`` the environment variable ``CLIENTS_PHP_AUTOLOAD`` names.
"""

import json
import os
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

import pytest

from local.patience import patient
from tests.clients.trust import Trust
from tests.clients.wire import Call

SENDERS = Path(__file__).resolve().parent / "senders"


@dataclass(frozen=True)
class InstalledClient:
    """``program`` runs ``sender`` after ``options``; ``probe`` ends with 0 where the SDK is there."""

    name: str
    program: str
    sender: str
    probe: tuple[str, ...]
    options: tuple[str, ...] = ()
    camel = False
    https_only = True

    def run(self, url: str, key: str, calls: list[Call], trust: Trust) -> list[str]:
        """Make ``calls``; the errors that the client told of. Fails where the client's process did."""
        options = [option.format(bundle=trust.bundle) for option in self.options]
        command = [self._found(), *options, str(SENDERS / self.sender)]
        job = json.dumps({"url": url, "key": key, "calls": calls})
        environment = os.environ | trust.variables()
        done = subprocess.run(command, input=job, capture_output=True, text=True, timeout=patient(90), env=environment)
        assert done.returncode == 0, f"{self.name} ended with {done.returncode}: {done.stderr[-2000:]}"
        errors: list[str] = json.loads(done.stdout)["errors"]
        return errors

    def _found(self) -> str:
        program = shutil.which(self.program)
        if not program:
            pytest.skip(f"{self.program} is not on the PATH: the real {self.name} is not run")
        if subprocess.run([program, *self.probe], capture_output=True).returncode:
            pytest.skip(f"{self.name} is not installed: the real one is not run (see tests/clients/installed.py)")
        return program


PHP_AUTOLOAD = 'getenv("CLIENTS_PHP_AUTOLOAD") ?: getenv("HOME")."/.composer/vendor/autoload.php"'
PHP_PROBE = f'require {PHP_AUTOLOAD}; exit(class_exists("Segment\\\\Segment") ? 0 : 1);'

INSTALLED_CLIENTS = [
    InstalledClient("analytics-ruby", "ruby", "ruby_client.rb", ("-e", 'require "segment/analytics"')),
    InstalledClient(
        "analytics-php",
        "php",
        "php_client.php",
        ("-r", PHP_PROBE),
        # PHP's curl reads no environment variable for this.
        ("-d", "curl.cainfo={bundle}", "-d", "openssl.cafile={bundle}"),
    ),
]
