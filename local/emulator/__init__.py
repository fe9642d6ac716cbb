"""The AWS emulator of the local stack (ministack), and what makes good its gaps. The template stays what it is.

Two modules replace a private function of the emulator in its own process (``start.py`` applies them):

- ``metric_math_alarms``: an alarm on metric math rolls the whole stack back.
- ``whole_logs``: what an invocation has logged a moment late is shown with the next one.

Two call its API from outside, after each deploy:

- ``http_api_routes``: the routes in an HTTP API's OpenAPI body are ignored.
- ``mapping_concurrency``: a number that reaches an event source mapping by a parameter stays text.

One more writes down what passes, for the live page: ``witness``.

Apart from these, ``local/web_guard.py`` stands before it: it would answer any web page.
tests/local/test_emulator_gaps.py asks the emulator without any of them, and fails as soon as one is no longer needed.
"""
