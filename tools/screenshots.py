"""`make screenshots`: the gallery with the pictures of `make run`, by day and by night, for the README."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from io import BytesIO
from typing import Literal

from PIL import Image
from playwright.sync_api import Browser, Page, expect, sync_playwright

from tools.browser import ChromiumMissingError, chromium
from tools.local_stack import LocalStack, free_port, running
from tools.pictures import draw_pictures
from tools.server import PROJECT, StackError

_PATIENCE = 60_000  # milliseconds
_MOST_BYTES = 150_000


def main() -> None:
    """Start the stack, upload through the page itself, and save what it looks like."""
    try:
        with (
            sync_playwright() as playwright,
            running(free_port(), free_port()) as stack,
            chromium(playwright) as browser,
        ):
            _upload(browser, stack)
            with _open_page(browser, stack, "light") as page:
                _save(page, "gallery-light.webp")
            with _open_page(browser, stack, "dark") as page:
                page.get_by_role("link", name="dunes.jpg").click()
                expect(page.get_by_role("slider")).to_be_visible(timeout=_PATIENCE)
                page.mouse.move(0, 0)
                _save(page, "gallery-dark.webp")
    except (ChromiumMissingError, StackError) as error:
        sys.exit(str(error))


def _upload(browser: Browser, stack: LocalStack) -> None:
    """Upload the pictures one after another, so that their order is the same each time."""
    s3 = stack.session.client("s3", endpoint_url=stack.endpoint)
    with _open_page(browser, stack, "light") as page:
        for number, (key, data) in enumerate(draw_pictures(), start=1):
            s3.put_object(Bucket="source-image", Key=key, Body=data)
            _wait_for(page, number)


def _wait_for(page: Page, number: int) -> None:
    pictures = page.locator("#grid [data-id]")
    while pictures.count() < number:
        page.wait_for_timeout(200)
        page.reload(wait_until="networkidle")


@contextmanager
def _open_page(browser: Browser, stack: LocalStack, scheme: Literal["light", "dark"]) -> Iterator[Page]:
    page = browser.new_page(
        viewport={"width": 1280, "height": 800}, device_scale_factor=1.5, color_scheme=scheme
    )
    page.goto(stack.api, wait_until="networkidle")
    yield page
    page.close()


def _save(page: Page, name: str) -> None:
    page.wait_for_timeout(1_000)  # until animations have ended
    image = Image.open(BytesIO(page.screenshot()))
    path = PROJECT / "docs" / name
    for quality in range(90, 30, -5):
        image.save(path, quality=quality, method=6)
        if path.stat().st_size <= _MOST_BYTES:
            break
    print(f"{path.relative_to(PROJECT)}: {image.width}x{image.height}, {path.stat().st_size:,} bytes")


if __name__ == "__main__":
    main()
