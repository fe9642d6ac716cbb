"""Lambda handler of the deliver function: an SQS batch in, the messages that must come back out."""

import functools
import os
import random
from collections.abc import Mapping
from typing import Any

from dreamdata_relay.adapters.aws import secrets_client, sqs_client
from dreamdata_relay.adapters.clock import SystemClock
from dreamdata_relay.adapters.dreamdata import DreamdataEndpoint
from dreamdata_relay.adapters.secrets import ManagedSecret
from dreamdata_relay.adapters.sqs import SqsQueue
from dreamdata_relay.adapters.telemetry import PowertoolsTelemetry
from dreamdata_relay.delivering import Deliverer
from dreamdata_relay.keys import DreamdataKey, RememberedSecret
from dreamdata_relay.settings import DeliverSettings
from dreamdata_relay.unwrapping import QueuedMessage


def handler(event: Mapping[str, Any], context: Any) -> dict[str, Any]:
    """Deliver the batch; always an answer with a list: without one Lambda would delete messages that wait."""
    telemetry = _telemetry()
    records = event.get("Records") or []
    try:
        messages = [_message(record) for record in records]
        failed = _deliverer().deliver(messages, context.get_remaining_time_in_millis() / 1000)
    except Exception as error:  # noqa: BLE001  # its place is the answer: all messages come back
        telemetry.fault(error)
        failed = [record["messageId"] for record in records]
    finally:
        telemetry.flush()
    return {"batchItemFailures": [{"itemIdentifier": message_id} for message_id in failed]}


def _message(record: Mapping[str, Any]) -> QueuedMessage:
    system = record.get("attributes") or {}
    attributes = record.get("messageAttributes") or {}
    return QueuedMessage(
        message_id=record["messageId"],
        receipt_handle=record["receiptHandle"],
        body=record["body"],
        receives=int(system.get("ApproximateReceiveCount", 1)),
        sent_at=int(system.get("SentTimestamp", 0)) / 1000,
        attributes={
            name: value["stringValue"] for name, value in attributes.items() if value.get("stringValue") is not None
        },
    )


@functools.cache
def _telemetry() -> PowertoolsTelemetry:
    return PowertoolsTelemetry()


@functools.cache
def _deliverer() -> Deliverer:
    settings = DeliverSettings.read(os.environ)
    clock, client = SystemClock(), sqs_client()
    queue = SqsQueue(client, settings.queue_url, clock)
    secret = ManagedSecret(secrets_client, settings.key_secret_id)
    return Deliverer(
        queue=queue,
        held=queue,
        dead_letters=SqsQueue(client, settings.dead_letter_queue_url, clock),
        endpoint=DreamdataEndpoint(
            settings.endpoint, settings.connect_timeout_s, settings.read_timeout_s, settings.parallel_posts
        ),
        key=DreamdataKey(RememberedSecret(secret, clock)),
        clock=clock,
        telemetry=_telemetry(),
        jitter=random.random,
        parallel=settings.parallel_posts,
    )
