"""Public prices in US dollars, us-east-1, without any free tier.

AWS's own pages, which count, fill in most prices by script for the region that is chosen. So each price names AWS's
page, to be checked against, and the text that it is from: AWS's price list, or an example on the page. The texts were
read in copies and quotations, of the month that is given.
"""

from collections.abc import Mapping, Sequence

from msgspec import Struct

GB = 1e9


class Price(Struct, frozen=True):
    """``tiers``: (up to how many units a month, dollars a unit), the last without a bound.

    ``page``: AWS's own; ``source`` and ``date``: the text that the price is from, and of which month it is.
    """

    unit: str
    tiers: Sequence[tuple[float, float]]
    page: str
    source: str
    date: str

    def of(self, units: float) -> float:
        """What ``units`` in one month cost, in dollars."""
        total, below = 0.0, 0.0
        for bound, dollars in self.tiers:
            total += max(0.0, min(units, bound) - below) * dollars
            below = bound
        return total

    @property
    def first(self) -> float:
        """Dollars a unit in the first tier."""
        return self.tiers[0][1]


def _flat(unit: str, dollars: float, service: str, source: str, date: str) -> Price:
    return Price(unit, [(float("inf"), dollars)], _page(service), source, date)


def _page(service: str) -> str:
    return f"https://aws.amazon.com/{service}/pricing/"


def _list(offer: str) -> str:
    return f"https://pricing.us-east-1.amazonaws.com/offers/v1.0/aws/{offer}/current/us-east-1/index.json"


# Worked examples on the page itself are not filled in by script.
_API, _SECRETS, _WATCH_PAGE = _page("api-gateway"), _page("secrets-manager"), _page("cloudwatch")
_SQS, _LAMBDA, _WATCH, _OUT = map(_list, ("AWSQueueService", "AWSLambda", "AmazonCloudWatch", "AWSDataTransfer"))
_S3 = _list("AmazonS3")
_BRIDGE = "https://www.factualminds.com/blog/amazon-eventbridge-pricing-events-pipes-schema-archive/"
_SNS = "https://www.factualminds.com/blog/amazon-sns-pricing-publishes-fanout-protocols/"

API = "HTTP API requests"
SQS = "SQS requests"
INVOCATIONS = "Lambda requests"
DURATION = "Lambda duration"
LOGS = "log bytes"
STORAGE = "log storage"
TRANSFER = "data transfer out"
KEY_FETCHES = "Secrets Manager calls"
SECRETS = "secrets"
METRICS = "metrics of its own"
ALARMS = "alarms"
DASHBOARD = "dashboard"
LIST_READS = "reads of the list"
LIST_STORAGE = "storage of the list"

PRICES: Mapping[str, Price] = {
    API: Price(
        "request of up to 512 kB", [(300e6, 1.00e-6), (float("inf"), 0.90e-6)], _page("api-gateway"), _API, "2026-09"
    ),
    SQS: Price("request of up to 64 kB", [(100e9, 0.40e-6), (float("inf"), 0.30e-6)], _page("sqs"), _SQS, "2026-07"),
    INVOCATIONS: _flat("invocation", 0.20e-6, "lambda", _LAMBDA, "2026-09"),
    DURATION: _flat("GB-second, arm64", 0.0000133334, "lambda", _LAMBDA, "2026-09"),
    LOGS: _flat("GB ingested", 0.50, "cloudwatch", _WATCH, "2026-10"),
    STORAGE: _flat("GB kept for a month", 0.03, "cloudwatch", _WATCH, "2026-10"),
    TRANSFER: Price(
        "GB to the internet",
        [(10_240, 0.09), (51_200, 0.085), (153_600, 0.07), (float("inf"), 0.05)],
        "https://aws.amazon.com/ec2/pricing/on-demand/",
        _OUT,
        "2026-07",
    ),
    KEY_FETCHES: _flat("call", 0.05 / 10_000, "secrets-manager", _SECRETS, "2026-09"),
    SECRETS: _flat("secret a month", 0.40, "secrets-manager", _SECRETS, "2026-09"),
    METRICS: _flat("metric a month", 0.30, "cloudwatch", _WATCH_PAGE, "2026-08"),
    ALARMS: _flat("metric watched, a month", 0.10, "cloudwatch", _WATCH_PAGE, "2026-08"),
    DASHBOARD: _flat("dashboard a month", 3.00, "cloudwatch", _WATCH, "2026-10"),
    LIST_READS: _flat("GET of S3", 0.0004 / 1_000, "s3", _S3, "2025-10"),
    LIST_STORAGE: _flat("GB kept in S3 for a month", 0.023, "s3", _S3, "2025-10"),
}

# So many GB a month leave every account for nothing, whatever sends them.
# In the price list for data transfer, 2026-07.
FREE_TRANSFER_GB = 100

# What others take for an event of up to 64 kB, before anything is transferred, retried or kept.
OTHERS: Mapping[str, Price] = {
    "EventBridge custom event and API destination": _flat("event", 1.20e-6, "eventbridge", _BRIDGE, "2026-06"),
    "SQS, EventBridge Pipe and API destination": _flat(
        "event", 0.60e-6 + 3 * 0.40e-6, "eventbridge", _BRIDGE, "2026-06"
    ),
    "SNS publish and HTTPS delivery": _flat("event", 1.10e-6, "sns", _SNS, "2026-06"),
}
