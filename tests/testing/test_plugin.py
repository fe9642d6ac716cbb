"""The pytest plugin as a developer's test suite has it."""

from pathlib import Path

import pytest

import dreamdata_relay

pytest_plugins = ("pytester",)

_SENDING = """
    import base64, json, urllib.request

    def send(sandbox, **event):
        headers = {"Authorization": "Basic " + base64.b64encode(f"{sandbox.key}:".encode()).decode()}
        body = json.dumps({"batch": [{"userId": "u-1", **event}]}).encode()
        with urllib.request.urlopen(urllib.request.Request(f"{sandbox.url}/v1/batch", body, headers)) as answer:
            return json.load(answer)
"""


@pytest.fixture
def suite(pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> pytest.Pytester:
    """A suite with a sender; the plugin is loaded as an entry point loads it."""
    monkeypatch.setenv("PYTHONPATH", str(Path(dreamdata_relay.__file__).parents[1]))
    pytester.makepyfile(sending=_SENDING)
    pytester.makeini("[pytest]\nfilterwarnings = error")
    return pytester


def run(suite: pytest.Pytester, test: str) -> pytest.RunResult:
    """The result of a suite with one file of tests."""
    suite.makepyfile(test_it=test)
    without = ("schemathesis", "playwright", "hypothesispytest", "xdist", "cacheprovider")
    return suite.runpytest_inprocess("-p", "dreamdata_relay.testing.plugin", *(f"-pno:{name}" for name in without))


def test_events_are_asserted(suite: pytest.Pytester) -> None:
    """Each test has its own."""
    result = run(
        suite,
        """
        from sending import send

        def test_order(relay_sandbox, events):
            send(relay_sandbox, type="track", event="Order Completed", properties={"revenue": 99})
            assert events.assert_tracked("Order Completed", revenue=99)["userId"] == "u-1"

        def test_none(events):
            events.within(0).assert_none()
        """,
    )

    result.assert_outcomes(passed=2)


def test_a_violation_fails_the_test(suite: pytest.Pytester) -> None:
    """Its call, with what is wrong, once."""
    result = run(
        suite,
        """
        from sending import send

        def test_order(relay_sandbox):
            send(relay_sandbox, type="track", event="Order Completed", timestamp="yesterday")

        def test_next(relay_sandbox):
            pass
        """,
    )

    result.assert_outcomes(failed=1, passed=1)
    wanted = '*track event="Order Completed" userId="u-1": timestamp_invalid: timestamp is not ISO 8601*'
    result.stdout.fnmatch_lines(["*the relay would refuse:*", wanted])


def test_a_violation_of_what_is_flushed_at_the_end_fails_the_test(suite: pytest.Pytester) -> None:
    """As an error of its teardown: the call is over."""
    result = run(
        suite,
        """
        import pytest
        from sending import send

        @pytest.fixture
        def client(relay_sandbox):
            yield
            send(relay_sandbox, type="track")

        def test_order(client):
            pass
        """,
    )

    result.assert_outcomes(passed=1, errors=1)
    result.stdout.fnmatch_lines(["*event_name_missing*"])


def test_a_test_that_fails_anyway_says_why(suite: pytest.Pytester) -> None:
    """And its violations beside; they are no second failure."""
    result = run(
        suite,
        """
        from sending import send

        def test_order(relay_sandbox, events):
            send(relay_sandbox, type="track", event="Order Completed", timestamp="yesterday")
            assert not events.all() and relay_sandbox.url == "http://elsewhere"
        """,
    )

    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(["*http://elsewhere*", "*relay sandbox*", "*timestamp_invalid*"])


def test_a_violation_that_is_asserted_fails_nothing(suite: pytest.Pytester) -> None:
    result = run(
        suite,
        """
        from sending import send

        def test_order(relay_sandbox, events):
            answer = send(relay_sandbox, type="track", event="Order Completed", timestamp="yesterday")
            assert answer["rejected"][0]["code"] == "timestamp_invalid"
            events.assert_violation("timestamp_invalid")
        """,
    )

    result.assert_outcomes(passed=1)


def test_a_suite_adds_checks_of_its_own(suite: pytest.Pytester) -> None:
    suite.makeconftest(
        """
        import pytest

        @pytest.fixture(scope="session")
        def relay_checks():
            def has_currency(event):
                if "currency" not in event.get("properties", {}):
                    yield "currency_missing", "an amount has no currency"
            return [has_currency]
        """
    )
    result = run(
        suite,
        """
        from sending import send

        def test_order(relay_sandbox):
            send(relay_sandbox, type="track", event="Order Completed", properties={"revenue": 99})
        """,
    )

    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(["*currency_missing: an amount has no currency*"])


def test_a_suite_may_have_an_events_of_its_own(suite: pytest.Pytester) -> None:
    result = run(
        suite,
        """
        import pytest

        @pytest.fixture
        def events():
            return ["mine"]

        def test_order(events, relay_sandbox):
            assert events == ["mine"]
            assert relay_sandbox.events.all() == []
        """,
    )

    result.assert_outcomes(passed=1)


def test_a_run_without_a_sandbox_imports_nothing_for_it(suite: pytest.Pytester) -> None:
    """The plugin is loaded by each run of pytest in the environment."""
    suite.makepyfile(
        test_it="""
        import sys

        def test_imports():
            ours = {name for name in sys.modules if name.startswith("dreamdata_relay.")}
            assert ours == {"dreamdata_relay.testing", "dreamdata_relay.testing.plugin"}
            assert "msgspec" not in sys.modules
        """
    )
    suite.runpytest_subprocess("-p", "dreamdata_relay.testing.plugin", "-pno:schemathesis").assert_outcomes(passed=1)
