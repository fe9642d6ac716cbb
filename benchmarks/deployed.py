"""What the functions find when Lambda runs them: settings and a context, for running them anywhere else.

Nothing here is reached: what would be called is stood in for, or refuses at once.
"""

from collections.abc import Mapping

SETTINGS: Mapping[str, str] = {
    "QUEUE_URL": "https://sqs.test/1/queue",
    "DEAD_LETTER_QUEUE_URL": "https://sqs.test/1/dead-letters",
    "INGEST_KEYS_SECRET_ID": "keys",
    "DREAMDATA_SECRET_ID": "key",
    "POWERTOOLS_METRICS_NAMESPACE": "DreamdataRelay/dreamdata-relay",
    "AWS_DEFAULT_REGION": "eu-west-1",
    "AWS_ACCESS_KEY_ID": "none",
    "AWS_SECRET_ACCESS_KEY": "none",
    "AWS_EC2_METADATA_DISABLED": "true",
}


def settings(function: str, dreamdata: str = "https://dreamdata.test") -> dict[str, str]:
    """The environment variables of ``function``, which posts to the server at ``dreamdata``."""
    return {**SETTINGS, "POWERTOOLS_SERVICE_NAME": function, "DREAMDATA_ENDPOINT": f"{dreamdata}/v1/batch"}


class Context:
    """As much of Lambda's context as the handlers use."""

    function_name = "measured"
    aws_request_id = "c6af9ac6-7b61-11e6-9a41-93e8deadbeef"

    def get_remaining_time_in_millis(self) -> int:
        """As long as either function has."""
        return 60_000
