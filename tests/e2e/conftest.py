"""The deployed functions as the tools see them, and the gallery in a real browser, driven by Playwright."""

import json
import os
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, suppress
from hashlib import sha256
from pathlib import Path
from typing import Any, NoReturn
from urllib.parse import parse_qs, urlsplit
from uuid import UUID, uuid4

import pytest
from mypy_boto3_lambda import LambdaClient
from playwright.sync_api import (
    Browser,
    ConsoleMessage,
    FilePayload,
    Locator,
    Page,
    Playwright,
    Route,
    expect,
    sync_playwright,
)

from tests.conftest import Deployed
from tools.browser import ChromiumMissingError, chromium
from tools.local_stack import LocalStack, served_with
from tools.pictures import picture
from tools.stages import Stage, choose_stage

READS, WRITES = "a token that reads", "a token that writes"
FIREFOX_SCRIPT = Path(__file__).with_name("playwright-firefox.cjs")
PATIENCE = 30_000  # milliseconds, on a machine that does other things too
TELL_OF_VIOLATIONS = """
addEventListener('securitypolicyviolation', (event) => console.error(`policy: ${event.violatedDirective}`));
"""

FRAMES = """
() => new Promise((resolve) => {
    let left = 4;
    const step = () => (left-- ? requestAnimationFrame(step) : resolve());
    step();
})
"""

expect.set_options(timeout=PATIENCE)


class Gallery:
    """A page that shows the gallery. What its console complains of is kept, for the end of the test."""

    def __init__(self, page: Page, url: str) -> None:
        self.page = page
        self.url = url
        self._complaints: list[str] = []
        self._forgiven: list[str] = []
        page.set_default_timeout(PATIENCE)
        page.add_init_script(TELL_OF_VIOLATIONS)
        page.on("console", self._hear)
        page.on("pageerror", lambda error: self._complaints.append(str(error)))

    def _hear(self, message: ConsoleMessage) -> None:
        if message.type in {"error", "warning"}:
            self._complaints.append(message.text)

    def open(self, query: str = "") -> "Gallery":
        self.page.goto(f"{self.url}/{query}")
        return self

    def settled(self) -> "Gallery":
        """Wait until the list has been loaded."""
        expect(self.page.locator("#grid")).to_have_attribute("aria-busy", "false")
        return self

    def quiet(self) -> "Gallery":
        """Wait until the page has been drawn and has asked for what it wants next, if there is anything."""
        for _ in range(3):
            self.settled().page.evaluate(FRAMES)
        return self.settled()

    def until(self, holds: Callable[[], object]) -> None:
        """Wait until something holds, and keep handling what the page requests."""
        deadline = time.monotonic() + PATIENCE / 1000
        while not holds():
            assert time.monotonic() < deadline
            self.page.wait_for_timeout(50)

    def hold(self, method: str, glob: str) -> list[Route]:
        """Hold back requests of the page, until `let_go`; return those that are held."""
        held: list[Route] = []
        self.page.route(
            glob, lambda route: held.append(route) if route.request.method == method else route.continue_()
        )
        return held

    def let_go(self, held: list[Route]) -> None:
        """Wait for the first request that is held, and let it go on."""
        self.until(lambda: held)
        held[0].continue_()

    def list_many(self, total: int, like: str, **changes: Any) -> list[str]:
        """Have the API list many pictures, as one in the folder `like` but for some changes.

        Returns: The URL of each request for a list, from now on.
        """
        answer = self.page.request.get(f"{self.url}/images?prefix={like}&limit=1&urls=true")
        record: dict[str, Any] = answer.json()["images"][0] | changes
        asked: list[str] = []

        def numbered(number: int) -> dict[str, Any]:
            return record | {"imageId": str(UUID(int=number)), "sourceKey": f"{number:04}.jpg"}

        def give(route: Route) -> None:
            query = parse_qs(urlsplit(route.request.url).query)
            if "since" in query or query["limit"] == ["1"]:  # whether others have added pictures meanwhile
                route.fulfill(json={"images": [], "nextCursor": None})
                return
            asked.append(route.request.url)
            start = int(query.get("cursor", ["0"])[0])
            end = min(start + int(query["limit"][0]), total)
            more = {"nextCursor": str(end) if end < total else None}
            route.fulfill(json={"images": [numbered(number) for number in range(start, end)], **more})

        self.page.route("**/images?*", give)
        return asked

    def forgive(self, *texts: str) -> None:
        """Expect complaints that a test provokes, such as the browser's own of a status 409: one of each, or more."""
        self._forgiven += texts

    def unforgiven(self) -> list[str]:
        """Return unexpected complaints of the console, and expected ones that never came. A complaint may come late."""
        with suppress(AssertionError):  # reported below
            self.until(lambda: not self._unheard())
        unprovoked = [each for each in self._complaints if not any(text in each for text in self._forgiven)]
        return unprovoked + [f"nothing complained of {text!r}" for text in self._unheard()]

    def _unheard(self) -> list[str]:
        return [text for text in self._forgiven if not any(text in each for each in self._complaints)]

    def upload(self, *files: FilePayload) -> None:
        self.page.locator("#files").set_input_files(files)

    def row(self, key: str) -> Locator:
        """Return the row of an upload in the tray."""
        return self.page.locator(".upload", has=self.page.locator(_titled(key)))

    def card(self, key: str) -> Locator:
        return self.page.locator(f"#grid {_titled(key)}")

    def check(self, key: str) -> Locator:
        """Return the check mark of a picture."""
        return self.card(key).get_by_role("checkbox")

    def names(self) -> list[str]:
        """Return the keys that the grid shows, in its order."""
        cards = self.page.locator("#grid [data-id]").all()
        return [card.get_attribute("title") or "" for card in cards]

    def button(self, name: str) -> Locator:
        return self.page.get_by_role("button", name=name, exact=True)

    @property
    def main(self) -> Locator:
        return self.page.get_by_role("main")

    @property
    def viewer(self) -> Locator:
        return self.page.locator("#viewer")

    def open_picture(self, key: str) -> Locator:
        self.card(key).locator("a").click()
        expect(self.viewer).to_be_visible()
        return self.viewer


Visit = Callable[..., Gallery]


def _titled(key: str) -> str:
    return f"[title={json.dumps(key, ensure_ascii=False)}]"


def jpeg(name: str, width: int = 600, height: int = 400, angle: int = 0) -> FilePayload:
    return {"name": name, "mimeType": "image/jpeg", "buffer": picture(width, height, "JPEG", angle)}


def png(name: str) -> FilePayload:
    return {"name": name, "mimeType": "image/png", "buffer": picture(300, 400, "PNG")}


def broken(name: str) -> FilePayload:
    return {"name": name, "mimeType": "image/jpeg", "buffer": b"these bytes are not an image"}


def text(name: str) -> FilePayload:
    return {"name": name, "mimeType": "text/plain", "buffer": b"words"}


@pytest.fixture(scope="session")
def private(stack: LocalStack) -> Iterator[str]:
    """An API that asks for tokens, as a deployed one does."""
    reads, writes = (sha256(token.encode()).hexdigest() for token in (READS, WRITES))
    tokens = f"reader=read:{reads},writer=write:{writes}"
    with served_with(stack, {"API_AUTH": "token", "API_TOKENS": tokens}) as api:
        yield api


@pytest.fixture(scope="session")
def functions(stack: LocalStack) -> LambdaClient:
    return stack.session.client("lambda", endpoint_url=stack.endpoint)


@pytest.fixture
def stage(stack: LocalStack, monkeypatch: pytest.MonkeyPatch) -> Stage:
    """The stage of the stack, as the tools choose it."""
    monkeypatch.setenv("AWS_PORT", stack.endpoint.rpartition(":")[2])
    monkeypatch.setenv("AWS_ENDPOINT_URL", stack.endpoint)  # which the tools set too, to the same
    monkeypatch.setenv("STAGE", "local")
    return choose_stage()


@pytest.fixture
def dead_letters(stack: LocalStack) -> Iterator[str]:
    """The URL of the queue of failed events, empty."""
    client = stack.session.client("sqs", endpoint_url=stack.endpoint)
    url = client.get_queue_url(QueueName="imagepress-local-dead-letters")["QueueUrl"]
    client.purge_queue(QueueUrl=url)
    yield url
    client.purge_queue(QueueUrl=url)


@pytest.fixture(scope="session")
def playwright() -> Iterator[Playwright]:
    """The one Playwright of this process. The script lets it drive Debian's Firefox."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("NODE_OPTIONS", f'--require "{FIREFOX_SCRIPT}"')
        started = sync_playwright().start()
    yield started
    started.stop()


def miss(message: str) -> NoReturn:
    """Skip a test whose browser is not installed, but fail it in continuous integration."""
    report = pytest.fail if os.environ.get("CI") else pytest.skip
    report(message)


@pytest.fixture(scope="session")
def browser(playwright: Playwright) -> Iterator[Browser]:
    try:
        with chromium(playwright) as started:
            yield started
    except ChromiumMissingError as missing:
        miss(str(missing))


@pytest.fixture
def visit(browser: Browser, stack: LocalStack) -> Iterator[Visit]:
    """Open new tabs of new visitors; at the end, none of their consoles may have complained."""
    visited = []
    with ExitStack() as contexts:

        def open_tab(query: str = "", url: str = stack.api, **options: Any) -> Gallery:
            context = browser.new_context(**options)
            contexts.callback(context.close)
            gallery = Gallery(context.new_page(), url)
            contexts.callback(gallery.page.unroute_all, behavior="ignoreErrors")
            visited.append(gallery)
            return gallery.open(query)

        yield open_tab
        complaints = [complaint for gallery in visited for complaint in gallery.unforgiven()]
    assert complaints == []


@pytest.fixture
def folder() -> str:
    """A folder of this test alone."""
    return f"gallery-{uuid4().hex[:8]}/"


@pytest.fixture
def gallery(visit: Visit, folder: str) -> Gallery:
    """The gallery, which shows the folder of this test."""
    return visit(f"?prefix={folder}").settled()


@pytest.fixture(scope="session")
def album(deployed: Deployed) -> str:
    """A folder with four pictures, one of them corrupt."""
    name = f"album-{uuid4().hex[:8]}/"
    deployed.upload(f"{name}a-lake.jpg", picture(900, 600, "JPEG"))
    deployed.upload(f"{name}b-tower.png", picture(300, 500, "PNG", 90))
    deployed.upload(f"{name}c-scan.tif", picture(640, 480, "TIFF", 180))
    deployed.upload(f"{name}d-broken.jpg", b"these bytes are not an image")
    return name
