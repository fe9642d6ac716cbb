"""Runs the groups of checks in order; whatever happens, it removes what the run made."""

from collections.abc import Callable, Iterable

from botocore.exceptions import BotoCoreError, ClientError

from dreamdata_relay.errors import place_of
from relay_cli import alarms
from relay_cli.errors import RelayCommandError
from relay_cli.smoke import delivery, letters, lying, requests, rights, settings, telemetry, versions, ways, wiring
from relay_cli.smoke.results import FAILED, SKIPPED, Result
from relay_cli.smoke.run import PROBE_TYPE, Run
from relay_cli.stack import told
from relay_cli.to_type import to_type

_BLOCKING = (
    wiring.READS,
    *(name.format(function="deliver") for name in (rights.NEEDS, settings.MAY_RUN, settings.QUEUES)),
)
Found = Callable[[Result], None]
_NOT_MINE = ("AccessDenied", "AccessDeniedException", "AuthorizationError", "UnauthorizedOperation")


def look(run: Run, found: Found) -> str:
    """Run the read-only checks; return the one that keeps probes on the queue, empty if none does."""
    blocked = ""

    def told_of(result: Result) -> None:
        nonlocal blocked
        if result.outcome == FAILED and result.name in _BLOCKING:
            blocked = blocked or result.name
        found(result)

    _tell(run, told_of, versions.GROUP, versions.checks(run))
    _tell(run, told_of, settings.GROUP, settings.checks(run))
    for part in wiring.PARTS:
        _tell(run, told_of, wiring.GROUP, part(run))
    _tell(run, told_of, rights.GROUP, rights.checks(run))
    return blocked


def look_back(run: Run, found: Found) -> None:
    """Run the checks of what earlier traffic has left."""
    _tell(run, found, telemetry.GROUP, telemetry.looks(run))


def act(run: Run, found: Found, deliver: bool, blocked: str = "") -> None:
    """Run the checks that send probes; with ``deliver`` also one event that Dreamdata counts.

    ``blocked`` is the failed check that keeps messages on the queue: then nothing is sent there. Raises
    KeyboardInterrupt after removing everything if the run was interrupted.
    """
    before = alarms.alarms(run.stack)
    probes = lying.Letters(run)
    try:
        _tell(run, found, requests.GROUP, requests.checks(run))
        if blocked:
            _tell(run, found, letters.GROUP, letters.arrivals(run, probes))
            why = f"what is sent to the queue would stay there: {blocked}, which failed"
            found(Result(ways.GROUP, ", ".join(ways.WAYS), SKIPPED, why))
            found(Result(letters.GROUP, "redrive", SKIPPED, why))
        else:
            with ways.senders(run, found) as made:
                _tell(run, found, ways.GROUP, ways.send_first(run, made))
                _tell(run, found, letters.GROUP, letters.arrivals(run, probes, made))
            _tell(run, found, letters.GROUP, letters.redrive(run, probes))
        refused = any(way in probes.by_way() for way in ways.WAYS)
        _tell(run, found, telemetry.GROUP, telemetry.checks(run, refused))
        if deliver and not blocked:
            _tell(run, found, delivery.GROUP, delivery.checks(run))
        # The last, since it may take all the time that there is.
        _tell(run, found, letters.GROUP, letters.alarm(run, before, len(probes.by_way())))
    finally:
        _removed(run, probes, found)


def _removed(run: Run, probes: lying.Letters, found: Found) -> None:
    try:
        letters.removal(run, probes, found)
    except (ClientError, BotoCoreError) as error:
        told_so = f"{told(error)}; look for the type {PROBE_TYPE}: {to_type(f'dead list --type {PROBE_TYPE}')}"
        found(Result(letters.GROUP, "probes are removed", FAILED, told_so))


def _tell(run: Run, found: Found, group: str, results: Iterable[Result]) -> None:
    """Pass the results on; an error ends its own group only."""
    run.stop_if_interrupted()
    try:
        for result in results:
            found(result)
            run.stop_if_interrupted()
    except ClientError as error:
        mine = error.response["Error"]["Code"] in _NOT_MINE
        detail = f"you may not look: {told(error)}" if mine else told(error)
        found(Result(group, "the rest of this group", SKIPPED if mine else FAILED, detail))
    except (BotoCoreError, RelayCommandError) as error:
        detail = str(error) if isinstance(error, RelayCommandError) else told(error)
        found(Result(group, "the rest of this group", FAILED, detail))
    except Exception as error:  # noqa: BLE001  # its place is the report: other groups still have something to tell
        detail = f"a fault of this command: {type(error).__name__} at {place_of(error)}"
        found(Result(group, "the rest of this group", FAILED, detail))
