"""Lambda handler of the ingest function: answers an HTTP API event (payload format 2.0)."""

import functools
import json
import os
from collections.abc import MutableMapping
from typing import TYPE_CHECKING, Any

from dreamdata_relay import metrics, startup
from dreamdata_relay.adapters.aws import LONGEST_CALL_S, secrets_client, sqs_client
from dreamdata_relay.adapters.clock import SystemClock
from dreamdata_relay.adapters.secrets import ManagedSecret
from dreamdata_relay.adapters.sqs import SqsQueue
from dreamdata_relay.adapters.telemetry import PowertoolsTelemetry
from dreamdata_relay.ingest.service import Intake, Response
from dreamdata_relay.secrets.key_events import key_refused, secret_failed
from dreamdata_relay.secrets.keys import RelayKeys
from dreamdata_relay.secrets.remembered import RememberedSecret
from dreamdata_relay.settings import IngestSettings, RuleSettings, rules_at

if TYPE_CHECKING:
    from dreamdata_relay.cleaning.judging import Judge

startup.imported()

# A list that is slow must not take the time that a caller waits; deliver asks for it, too.
_LIST_S = 1.5


def handler(event: MutableMapping[str, Any], context: Any) -> dict[str, Any]:
    """Answer the request; every answer is one of the contract, whatever happens."""
    telemetry = _telemetry()
    try:
        response = _intake().answer(event, context.get_remaining_time_in_millis() / 1000)
    except Exception as error:  # noqa: BLE001  # it becomes a 503: the caller keeps the events and resends them
        telemetry.fault(error)
        telemetry.add(metrics.REQUESTS_FAILED)
        response = Response(503, {"code": "internal", "message": "the relay failed; send again"}, {"Retry-After": "5"})
    _flush(telemetry)
    return {
        "statusCode": response.status,
        "headers": {"Content-Type": "application/json", **response.headers},
        "body": json.dumps(response.body),
        "isBase64Encoded": False,
    }


def _flush(telemetry: PowertoolsTelemetry) -> None:
    try:
        telemetry.flush()
    except Exception as error:  # noqa: BLE001  # the events are safe: metrics that cannot be written must not undo the answer
        telemetry.log("error", "metrics not written", error=type(error).__name__)


@functools.cache
def _telemetry() -> PowertoolsTelemetry:
    return PowertoolsTelemetry()


@functools.cache
@startup.uncollected
def _intake() -> Intake:
    settings, of_rules = IngestSettings.read(os.environ), RuleSettings.read(os.environ)
    # One try for each call, because the queue's adapter retries what AWS does not answer while there is time.
    clock, client = SystemClock(), sqs_client(tries=1)
    secret = ManagedSecret(functools.partial(secrets_client, tries=1), settings.keys_secret_id)
    telemetry = _telemetry()
    remembered = RememberedSecret(secret, clock, settings.secret_outage_s, functools.partial(secret_failed, telemetry))
    return Intake(
        keys=RelayKeys(remembered, functools.partial(key_refused, telemetry)),
        queue=SqsQueue(client, settings.queue_url, clock, LONGEST_CALL_S),
        dead_letters=SqsQueue(client, settings.dead_letter_queue_url, clock, LONGEST_CALL_S),
        clock=clock,
        telemetry=telemetry,
        mapping_path=settings.mapping_path,
        judge=_judge(of_rules, clock, settings.secret_outage_s),
        digests=of_rules.digests,
    )


def _judge(settings: RuleSettings, clock: SystemClock, outage_s: float) -> "Judge | None":
    compiled = rules_at(settings.rules_file)
    if compiled is None and not settings.suppression_url:
        return None
    # Without rules it would only add to a cold start.
    from dreamdata_relay.adapters.privacy import judge_by

    # While the list is away events are queued: deliver holds them there, and no caller has to keep them.
    return judge_by(settings, compiled, secrets_client, clock, outage_s, _telemetry(), fail="pass", longest_s=_LIST_S)
