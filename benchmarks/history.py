"""`relay import` of a CRM's export against the ingest function's core, served by a process of its own.

    python -m benchmarks.history --rows 100000

Prints rows and events a second by the clock, the CPU time of both processes, and the command's largest memory.
"""

import argparse
import csv
import json
import multiprocessing
import os
import resource
import subprocess
import sys
import tempfile
import time
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

from tests.fakes.aws import FakeSqs
from tests.fakes.served_ingest import ServedIngest

ROOT = Path(__file__).resolve().parents[1]
MAP = """\
source: crm
csv: {delimiter: ";"}
decimal: ","
time_zone: Europe/Copenhagen
id: Deal ID
events:
  - type: identify
    userId: Contact ID
    timestamp: {column: Created, format: "%d.%m.%Y %H:%M"}
    traits:
      email: E-mail
      firstName: First name
      lastName: Last name
      company: Company
      stage: Lifecycle stage
      address: {country: Country}
  - type: track
    when: {column: Closed}
    userId: Contact ID
    event: {constant: Deal Closed}
    timestamp: {column: Closed, format: excel, decimal: "."}
    properties:
      deal: Deal name
      amount: {column: Amount, type: decimal}
      won: {column: Won, type: boolean, true_values: [Ja], false_values: [Nein]}
      notes: Notes
"""
_COLUMNS = (
    "Contact ID", "First name", "Last name", "E-mail", "Company", "Company ID", "Country", "Created",
    "Lifecycle stage", "Deal ID", "Deal name", "Amount", "Closed", "Won", "Notes",
)  # fmt: skip
_CLOSED_OF_TEN = 3


class CountingSqs(FakeSqs):
    """Forgets what it was sent: a million messages are no memory of the measured machine's."""

    def send_message_batch(self, **asked: Any) -> dict[str, Any]:
        """As the fake."""
        answer = super().send_message_batch(**asked)
        self.queues.clear()
        self.calls.clear()
        return answer


def export(file: Path, rows: int) -> None:
    """A CRM's export of deals: semicolons, decimal commas, a note with line breaks in every fifth."""
    with file.open("w", encoding="utf-8-sig", newline="") as opened:
        written = csv.writer(opened, delimiter=";")
        written.writerow(_COLUMNS)
        for number in range(rows):
            contact = number // 2
            written.writerow(
                (
                    f"C-{contact}", f"Søren {contact}", "Hansen", f"user{contact}@example.com",
                    f"Company {number % 999} A/S", number % 999, "Denmark",
                    f"{number % 28 + 1:02}.{number % 12 + 1:02}.2024 {number % 24:02}:{number % 60:02}",
                    ("lead", "customer", "opportunity")[number % 3], f"D-{number}", f'Deal "{number}"',
                    f"{number % 9999},{number % 100:02}",
                    45000 + number % 500 / 7 if number % 10 < _CLOSED_OF_TEN else "",
                    ("Ja", "Nein")[number % 2], "First line\\nsecond; line" if number % 5 == 0 else "",
                )
            )  # fmt: skip


def serve(told: Connection) -> None:
    """The relay's API until told to end; then the CPU time it took and how many events came."""
    server = ServedIngest()
    server.bench.sqs = CountingSqs()
    server.bench.__post_init__()
    server.keeps = False
    with server:
        told.send(server.url)
        told.recv()
        usage = resource.getrusage(resource.RUSAGE_SELF)
        told.send((usage.ru_utime + usage.ru_stime, server.events_seen))


def main() -> None:
    """Measure and print."""
    options = argparse.ArgumentParser()
    options.add_argument("--rows", type=int, default=100_000)
    options.add_argument("--connections", type=int, default=4)
    chosen = options.parse_args()
    ours, theirs = multiprocessing.Pipe()
    server = multiprocessing.Process(target=serve, args=(theirs,), daemon=True)
    server.start()
    url = ours.recv()
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "crm.csv"
        export(file, chosen.rows)
        (Path(folder) / "map.yaml").write_text(MAP)
        command = [sys.executable, "-m", "tests.cli.history.interrupted_import", url, "crm.csv", "--map", "map.yaml"]
        command += ["--connections", str(chosen.connections), "--json"]
        paths = {"PYTHONPATH": f"{ROOT}:{ROOT}/layers/relay", "FULL_BATCHES": "1"}
        begun = time.monotonic()
        done = subprocess.run(
            command, cwd=folder, env={**os.environ, **paths}, capture_output=True, text=True, check=False
        )
        seconds = time.monotonic() - begun
        size = file.stat().st_size
    usage = resource.getrusage(resource.RUSAGE_CHILDREN)
    ours.send("end")
    served_s, events = ours.recv()
    told = json.loads(done.stdout or "{}")
    if done.returncode or told["accepted"] != events:
        sys.exit(f"{done.stderr}\n{events} events came, {told.get('accepted')} were taken")
    cpu_s = usage.ru_utime + usage.ru_stime
    print(
        f"{chosen.rows:,} rows ({size / 1e6:.0f} MB), {events:,} events: {seconds:.1f} s by the clock,"
        f" CPU {cpu_s:.1f} s of the command and {served_s:.1f} s of the relay;"
        f" {1e6 * cpu_s / chosen.rows:.0f} us a row; largest memory {usage.ru_maxrss / 1024:.0f} MB"
    )


if __name__ == "__main__":
    main()
