"""Why an event may come to its end once more than it was sent: each cause with the document that says so.

Nothing here is taken from the relay's code. What no line of this table excuses is a counterexample.
"""

_STANDARD = "Amazon SQS developer guide, standard queues, at-least-once delivery"
_VISIBILITY = "Amazon SQS developer guide, visibility timeout: received again when it ends before the delete"
_LAMBDA = "AWS Lambda developer guide, SQS event source: each message at least once, a function may run again"
_HTTP = "RFC 9110, 9.2.2 and 15: without an answer a client cannot know whether a POST was applied"
_SDK = "AWS SDKs: a call that times out may have taken effect; SQS de-duplicates in FIFO queues only"

EXCUSES = {
    # AWS: the queue
    "sqs_duplicate": f"{_STANDARD}: a server that was away gives the message out again",
    "delete_lost": f"{_STANDARD}: a copy may be left undeleted, and is received again",
    "send_answer_lost": f"{_SDK} (SendMessageBatch)",
    "send_back_failed": f"{_VISIBILITY}; SQS did not take the rest as a message of its own, so all of it is received",
    "loop_guard": "AWS Lambda developer guide, recursive loop detection (16 rounds): a rest that made many stays whole",
    # AWS: the functions
    "function_ended": f"{_LAMBDA}: it was ended at its time-out, for its memory, or with its machine",
    "result_lost": f"{_LAMBDA}: its result did not arrive, so nothing is deleted",
    # Dreamdata
    "post_dropped_after": f"{_HTTP} (connection reset after the payload was taken)",
    "post_timeout_taken": f"{_HTTP} (time-out after the payload was taken)",
    "post_503_taken": f"{_HTTP} (5xx says that the server failed, not that it did nothing)",
    "post_stalled": f"{_HTTP} (taken after the client's time-out)",
    # Senders
    "client_resent": "The caller sent the events again: it heard no 200",
    "sender_repeated": "Amazon SNS, EventBridge: at-least-once delivery; or a program that sends its message twice",
}
