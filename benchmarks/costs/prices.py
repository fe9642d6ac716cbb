"""Public prices in US dollars, us-east-1, without any free tier.

AWS's own pages, which count, fill in their prices by script for the region that is chosen. So each price names AWS's
page, to be checked against, and the text in which it was read, with the month of that text.
"""

from collections.abc import Mapping, Sequence

from msgspec import Struct

GB = 1e9


class Price(Struct, frozen=True):
    """``tiers``: (up to how many units a month, dollars a unit), the last without a bound.

    ``page``: AWS's own; ``source`` and ``date``: the text that was read, and of which month it is.
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


_API = "https://docs.aws.amazon.com/pt_br/whitepapers/latest/best-practices-api-gateway-private-apis-integration/cost-optimization.html"
_SQS = "https://cloudburn.io/blog/amazon-sqs-pricing"
_LAMBDA = "https://git.mcrn.ar/mariano/lambda_local_runner/src/branch/main/docs/lambdas-md/lambda-13-cost.md"
_WATCH = "https://cloudburn.io/blog/amazon-cloudwatch-pricing"
_KEPT = "https://c3x.dev/blog/cloudwatch-logs-cost-optimization"
_SECRETS = "https://www.lucasamos.dev/articles/secretsmanager"
_OUT = "https://www.egresscost.com/aws"
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

PRICES: Mapping[str, Price] = {
    API: Price(
        "request of up to 512 kB", [(300e6, 1.00e-6), (float("inf"), 0.90e-6)], _page("api-gateway"), _API, "2026-11"
    ),
    SQS: Price("request of up to 64 kB", [(100e9, 0.40e-6), (float("inf"), 0.30e-6)], _page("sqs"), _SQS, "2026-03"),
    INVOCATIONS: _flat("invocation", 0.20e-6, "lambda", _LAMBDA, "2026-05"),
    DURATION: _flat("GB-second, arm64", 0.0000133334, "lambda", _LAMBDA, "2026-05"),
    LOGS: _flat("GB ingested", 0.50, "cloudwatch", _WATCH, "2026-02"),
    STORAGE: _flat("GB kept for a month", 0.03, "cloudwatch", _KEPT, "2026-06"),
    TRANSFER: Price(
        "GB to the internet",
        [(10_000, 0.09), (50_000, 0.085), (float("inf"), 0.07)],
        "https://aws.amazon.com/ec2/pricing/on-demand/",
        _OUT,
        "2026-11",
    ),
    KEY_FETCHES: _flat("call", 0.05 / 10_000, "secrets-manager", _SECRETS, "2026-11"),
    SECRETS: _flat("secret a month", 0.40, "secrets-manager", _SECRETS, "2026-11"),
    METRICS: _flat("metric a month", 0.30, "cloudwatch", _WATCH, "2026-02"),
    ALARMS: _flat("metric watched, a month", 0.10, "cloudwatch", _WATCH, "2026-02"),
    DASHBOARD: _flat("dashboard a month", 3.00, "cloudwatch", _WATCH, "2026-02"),
}

# So many GB a month leave every account for nothing, whatever sends them.
# https://www.usage.ai/blogs/aws/networking-cost/data-transfer-costs/ of 2026-06
FREE_TRANSFER_GB = 100

# What others take for an event of up to 64 kB, before anything is transferred, retried or kept.
OTHERS: Mapping[str, Price] = {
    "EventBridge custom event and API destination": _flat("event", 1.20e-6, "eventbridge", _BRIDGE, "2026-06"),
    "SQS, EventBridge Pipe and API destination": _flat(
        "event", 0.60e-6 + 3 * 0.40e-6, "eventbridge", _BRIDGE, "2026-06"
    ),
    "SNS publish and HTTPS delivery": _flat("event", 1.10e-6, "sns", _SNS, "2026-06"),
}
