"""What SNS and EventBridge put around an event."""

import json
from datetime import UTC, datetime


def sns(text: str, message_id: str, now: float) -> str:
    """A notification, as SNS delivers it without raw delivery."""
    moment = datetime.fromtimestamp(now, UTC).strftime("%Y-%m-%dT%H:%M:%S.%f")[:-3] + "Z"
    topic = "arn:aws:sns:eu-west-1:111111111111:topic"
    wrapped = {"Type": "Notification", "MessageId": message_id, "TopicArn": topic, "Message": text, "Timestamp": moment}
    return json.dumps(wrapped)


def eventbridge(text: str, event_id: str, now: float) -> str:
    """An event of a bus, as a rule without a transformer sends it on."""
    moment = datetime.fromtimestamp(int(now), UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    start = f'{{"version":"0","id":"{event_id}","detail-type":"Order","source":"shop","time":"{moment}"'
    return start + ',"account":"111111111111","region":"eu-west-1","detail":' + text + "}"
