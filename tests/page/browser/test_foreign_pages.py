"""A real browser shows a page of another site, which tries what it can against every server of the local stack."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page

from local import servers
from local.aws import Aws
from local.front.record import NAME
from local.places import StateDir
from local.processes import end_all
from local.sandbox_client import SandboxClient
from tests.fakes.server import HttpServer, Reaction
from tests.page.browser.chromium import find_chromium

SECRET = "canary-0c7f4e"
HTML = Reaction(headers={"Content-Type": "text/html"}, body=b"<!doctype html><title>a page of another site</title>")
# In the names' stead a resolver of the attacker's would answer with 127.0.0.1, too.
RESOLVER = "--host-resolver-rules=MAP *.example 127.0.0.1"

# A request that needs no leave of the other side (no preflight), its answer seen or not.
SIMPLE = """async ([url, method, body, mode]) => {
    const type = body && body.startsWith("Action=") ? "application/x-www-form-urlencoded" : "text/plain";
    try {
        const answer = await fetch(url, { method, body, mode, headers: body ? { "Content-Type": type } : {} });
        return `${answer.status} ${await answer.text()}`;
    } catch (error) { return `nothing: ${error}`; }
}"""
SECRET_READER = """async ([url, id]) => {
    const target = "secretsmanager.GetSecretValue";
    try {
        const headers = { "Content-Type": "application/x-amz-json-1.1", "X-Amz-Target": target };
        const answer = await fetch(url, { method: "POST", body: JSON.stringify({ SecretId: id }), headers });
        return await answer.text();
    } catch (error) { return `nothing: ${error}`; }
}"""
ELEMENT = """([name, url]) => new Promise((done) => {
    const element = document.createElement(name);
    element.onload = () => done("load"); element.onerror = () => done("error");
    element.src = url; document.body.append(element);
})"""
FORM = """([url, name, value]) => {
    const form = document.createElement("form");
    form.method = "POST"; form.action = url; form.enctype = "text/plain";
    const field = document.createElement("input");
    field.name = name; field.value = value; form.append(field); document.body.append(form); form.submit();
}"""


@dataclass(frozen=True)
class Servers:
    """The base URLs of a stack's servers without a relay in it."""

    emulator: str
    sandbox: str
    page: str
    front: str
    record: Path

    @property
    def all(self) -> tuple[str, str, str, str]:
        return self.emulator, self.sandbox, self.page, self.front


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Servers]:
    """A secret in the emulator, a script in the sandbox, the page and the front."""
    state = StateDir(tmp_path_factory.mktemp("stack"))
    try:
        _, emulator = servers.start_emulator(state, "000000000000")
        _, sandbox = servers.start_sandbox(state, "key")
        _, page = servers.wait_for_page(state, *servers.start_page(state))
        Aws(emulator).secrets.create_secret(Name="key", SecretString=SECRET)
        front, _ = servers.wait_for_front(servers.start_front(state))
        yield Servers(emulator, sandbox, page, front, state.path / NAME)
    finally:
        end_all(state.owner)


@pytest.fixture(scope="module")
def chromium(browser: Browser) -> Iterator[Browser]:
    """One for which every name under .example is this machine."""
    other = browser.browser_type.launch(executable_path=find_chromium(), args=[RESOLVER])
    yield other
    other.close()


@pytest.fixture
def foreign(chromium: Browser) -> Iterator[Page]:
    """A page of http://evil.example, shown."""
    with HttpServer(*[HTML] * 20) as site:
        page = chromium.new_page()
        page.goto(site.url.replace("127.0.0.1", "evil.example"))
        assert page.title() == "a page of another site"
        yield page
        page.close()


def made_in(emulator: str) -> list[Any]:
    """What nobody but the attacker has made."""
    aws = Aws(emulator)
    return [*aws.functions.list_functions()["Functions"], *aws.sqs.list_queues().get("QueueUrls", [])]


FUNCTION = (
    '{"FunctionName":"owned","Runtime":"python3.13","Role":"arn:aws:iam::000000000000:role/r","Handler":"a.b",'
    '"Code":{"ZipFile":"UEsFBgAAAAAAAAAAAAAAAAAAAAAAAA=="}}'
)


@pytest.mark.parametrize("mode", ["cors", "no-cors"])
def test_a_foreign_page_makes_nothing_in_the_emulator(foreign: Page, running: Servers, mode: str) -> None:
    """No function by a text/plain body, no queue by a form's or an address alone; and no answer is read."""
    url = running.emulator
    answers = [
        foreign.evaluate(SIMPLE, [f"{url}/2015-03-31/functions", "POST", FUNCTION, mode]),
        foreign.evaluate(SIMPLE, [url, "POST", "Action=CreateQueue&QueueName=owned-by-post", mode]),
        foreign.evaluate(SIMPLE, [f"{url}/?Action=CreateQueue&QueueName=owned-by-get", "GET", None, mode]),
    ]
    foreign.evaluate(ELEMENT, ["img", f"{url}/?Action=CreateQueue&QueueName=owned-by-image"])
    foreign.evaluate(ELEMENT, ["script", f"{url}/?Action=CreateQueue&QueueName=owned-by-script"])
    # An opaque answer has the status 0 and no text.
    assert [answer[:9].strip() for answer in answers] == ["nothing:" if mode == "cors" else "0"] * 3
    assert made_in(url) == []


def test_a_foreign_page_reads_no_secret(foreign: Page, running: Servers) -> None:
    assert SECRET in Aws(running.emulator).secrets.get_secret_value(SecretId="key")["SecretString"]
    assert foreign.evaluate(SECRET_READER, [running.emulator, "key"]).startswith("nothing:")


@pytest.fixture
def sandbox(running: Servers) -> Iterator[SandboxClient]:
    """With an answer that waits to be given; afterwards it is still the one that waits."""
    client = SandboxClient(running.sandbox)
    client.script({"status": 418, "times": 1})
    before = client.script_now()
    yield client
    after = client.script_now()
    client.reset()
    assert after == before


def test_a_foreign_page_sees_nothing_in_a_frame(foreign: Page, sandbox: SandboxClient) -> None:
    foreign.evaluate(ELEMENT, ["iframe", f"{sandbox.url}/_sandbox/events"])
    assert "does not answer to web pages" in foreign.frames[-1].content()


def test_a_foreign_pages_form_changes_nothing_in_the_sandbox(foreign: Page, sandbox: SandboxClient) -> None:
    with foreign.expect_navigation():
        foreign.evaluate(FORM, [f"{sandbox.url}/_sandbox/script", '[{"status":503,"body":"', '"}]'])
    assert "does not answer to web pages" in foreign.content()


@pytest.mark.parametrize("mode", ["cors", "no-cors"])
@pytest.mark.parametrize(("path", "body"), [("script", '[{"status":503}]'), ("reset", "")])
def test_a_foreign_page_changes_nothing_in_the_sandbox(
    foreign: Page, sandbox: SandboxClient, path: str, body: str, mode: str
) -> None:
    foreign.evaluate(SIMPLE, [f"{sandbox.url}/_sandbox/{path}", "POST", body, mode])


@pytest.mark.parametrize("mode", ["cors", "no-cors"])
def test_a_foreign_page_hands_the_function_nothing(foreign: Page, running: Servers, mode: str) -> None:
    """Neither an event nor a look at the relay's health; what is handed on would be in the record."""
    for method, path, body in (("POST", "/v1/batch", '{"batch":[]}'), ("GET", "/v1/health", None)):
        answer = foreign.evaluate(SIMPLE, [running.front + path, method, body, mode])
        assert answer[:9].strip() == ("nothing:" if mode == "cors" else "0")
    assert running.record.read_bytes() == b""


def test_a_name_made_to_point_here_is_not_served(chromium: Browser, running: Servers) -> None:
    """DNS rebinding: to the browser the server is the attacker's own site; the name in Host gives it away."""
    page = chromium.new_page()
    paths = ("/_ministack/health", "/_sandbox/events", "/", "/v1/health")
    for url, path in zip(running.all, paths, strict=True):
        rebound = url.replace("127.0.0.1", "rebound.example")
        answer = page.goto(rebound + path)
        assert answer is not None
        assert (answer.status, "for 127.0.0.1 and localhost only" in answer.text()) == (403, True)
        # The page shown is of the attacker's origin: so what it asks for is its own.
        assert page.evaluate(SIMPLE, [rebound + path, "POST", "{}", "cors"]).startswith("403")
        assert page.evaluate(SECRET_READER, [rebound, "key"]).find(SECRET) < 0
    page.close()


def test_the_stacks_own_page_works(chromium: Browser, running: Servers) -> None:
    """From the address bar, and what it asks for itself."""
    page = chromium.new_page()
    answer = page.goto(running.page)
    assert answer is not None
    assert answer.status == 200
    assert page.evaluate(SIMPLE, [f"{running.page}/api/samples", "GET", None, "cors"]).startswith("200")
    page.close()
