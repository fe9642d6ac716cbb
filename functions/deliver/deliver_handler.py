"""Lambda handler of the deliver function: takes an SQS batch and returns the messages that must come back."""

import functools
import os
import random
import time
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from dreamdata_relay import startup
from dreamdata_relay.adapters.aws import LONGEST_CALL_S, secrets_client, sqs_client
from dreamdata_relay.adapters.clock import SystemClock
from dreamdata_relay.adapters.dreamdata import DreamdataEndpoint
from dreamdata_relay.adapters.secrets import ManagedSecret
from dreamdata_relay.adapters.sqs import SqsQueue
from dreamdata_relay.adapters.telemetry import PowertoolsTelemetry
from dreamdata_relay.deliver.payload_encoding import Encoding
from dreamdata_relay.deliver.queued_messages import QueuedMessage
from dreamdata_relay.deliver.service import Deliverer
from dreamdata_relay.secrets.key_events import secret_failed
from dreamdata_relay.secrets.keys import DreamdataKey
from dreamdata_relay.secrets.remembered import RememberedSecret
from dreamdata_relay.settings import DeliverSettings, RuleSettings, rules_at

if TYPE_CHECKING:
    from dreamdata_relay.cleaning.judging import Judge

startup.imported()


def handler(event: Mapping[str, Any], context: Any) -> dict[str, Any]:
    """Deliver the batch and always answer with a list, because without one Lambda would delete waiting messages."""
    telemetry = _telemetry()
    records = event.get("Records") or []
    messages, failed = _read(records, telemetry)
    try:
        remaining_s = context.get_remaining_time_in_millis() / 1000
        failed += _deliverer().deliver(messages, remaining_s) if messages else []
    except Exception as error:  # noqa: BLE001  # it becomes the answer: all messages come back
        telemetry.fault(error)
        failed += [message.message_id for message in messages]
    _flush(telemetry)
    return {"batchItemFailures": [{"itemIdentifier": message_id} for message_id in failed]}


def _flush(telemetry: PowertoolsTelemetry) -> None:
    try:
        telemetry.flush()
    except Exception as error:  # noqa: BLE001  # metrics that cannot be written must not bring back what was delivered
        telemetry.log("error", "metrics not written", error=type(error).__name__)


def _read(records: Sequence[Any], telemetry: PowertoolsTelemetry) -> tuple[list[QueuedMessage], list[str]]:
    """Return the records as messages, and the ids of unreadable ones, which come back without their neighbours."""
    messages: list[QueuedMessage] = []
    failed: list[str] = []
    own_role_id, ingest_role_id = os.environ.get("DELIVER_ROLE_ID"), os.environ.get("INGEST_ROLE_ID")
    for record in records:
        try:
            messages.append(_message(record, own_role_id, ingest_role_id))
        except Exception as error:  # noqa: BLE001  # it becomes part of the answer: this one comes back
            telemetry.fault(error)
            message_id = record.get("messageId") if isinstance(record, Mapping) else None
            # An id that Lambda does not know would make the whole batch come back.
            failed += [message_id] if isinstance(message_id, str) and message_id else []
    return messages, failed


def _message(record: Mapping[str, Any], own_role_id: str | None, ingest_role_id: str | None = None) -> QueuedMessage:
    system = record.get("attributes") or {}
    attributes = record.get("messageAttributes") or {}
    message_id, receipt_handle, body = (record[name] for name in ("messageId", "receiptHandle", "body"))
    if not (message_id and all(isinstance(value, str) for value in (message_id, receipt_handle, body))):
        raise TypeError("messageId, receiptHandle and body are strings")
    sender_id = str(system.get("SenderId", ""))
    return QueuedMessage(
        message_id=message_id,
        receipt_handle=receipt_handle,
        body=body,
        receives=int(system.get("ApproximateReceiveCount", 1)),
        sent_at=int(system["SentTimestamp"]) / 1000 if "SentTimestamp" in system else time.time(),
        attributes={
            name: value["stringValue"]
            for name, value in attributes.items()
            if isinstance(value.get("stringValue"), str)
        },
        own=_is_own(sender_id, own_role_id, str(record.get("eventSourceARN", ""))),
        # Not the account, which is everybody in an emulator: a privacy rule must not be skipped for anybody else.
        attested=_is_of_role(sender_id, own_role_id) or _is_of_role(sender_id, ingest_role_id),
    )


def _is_of_role(sender_id: str, role_id: str | None) -> bool:
    """Whether AWS attests, by the role's unique id and the session's name, that a function of it is the sender."""
    return bool(role_id) and sender_id.startswith(f"{role_id}:")


def _is_own(sender_id: str, own_role_id: str | None, queue_arn: str) -> bool:
    """Whether this function sent the message.

    The account itself (its root user, or everybody in an emulator) is trusted too.
    """
    own_account = ":".join(queue_arn.split(":")[4:5])
    return bool(sender_id) and (_is_of_role(sender_id, own_role_id) or sender_id == own_account)


@functools.cache
def _telemetry() -> PowertoolsTelemetry:
    return PowertoolsTelemetry()


@functools.cache
@startup.uncollected
def _deliverer() -> Deliverer:
    settings, of_rules = DeliverSettings.read(os.environ), RuleSettings.read(os.environ)
    # One try for each call, because the queue's adapter resends what SQS did not accept while there is time.
    clock, client = SystemClock(), sqs_client(tries=1)
    queue = SqsQueue(client, settings.queue_url, clock, LONGEST_CALL_S)
    secrets = functools.partial(secrets_client, tries=1, region=settings.key_region)
    secret = ManagedSecret(secrets, settings.key_secret_id)
    return Deliverer(
        queue=queue,
        held=queue,
        dead_letters=SqsQueue(client, settings.dead_letter_queue_url, clock, LONGEST_CALL_S),
        endpoint=DreamdataEndpoint(
            settings.endpoint, settings.connect_timeout_s, settings.read_timeout_s, settings.parallel_posts
        ),
        key=DreamdataKey(
            RememberedSecret(secret, clock, settings.secret_outage_s, functools.partial(secret_failed, _telemetry()))
        ),
        clock=clock,
        telemetry=_telemetry(),
        jitter=random.random,
        parallel=settings.parallel_posts,
        encoding=Encoding(settings.compress),
        max_receives=settings.max_receives,
        judge=_judge(of_rules, clock, settings.secret_outage_s),
        digests=of_rules.digests,
    )


def _judge(settings: RuleSettings, clock: SystemClock, outage_s: float) -> "Judge | None":
    compiled = rules_at(settings.rules_file)
    if compiled is None and not settings.suppression_url:
        return None
    # Without rules it would only add to a cold start.
    from dreamdata_relay.adapters.privacy import judge_by

    return judge_by(settings, compiled, secrets_client, clock, outage_s, _telemetry(), fail=settings.suppression_fail)
