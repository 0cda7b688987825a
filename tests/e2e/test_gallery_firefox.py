"""The main path through the gallery, in Debian's Firefox."""

import shutil
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Playwright, expect

from tests.e2e.conftest import Visit, miss
from tests.e2e.test_gallery import (
    test_a_status_filters,
    test_uploads_arrive_the_corrupt_one_says_why_and_refusals_are_counted_apart,
)
from tests.e2e.test_gallery_viewer import (
    test_deleting_asks_first_says_what_goes_and_leaves_the_picture_that_was_opened_meanwhile,
    test_the_slider_parts_before_and_after_by_pointer_and_by_keys,
)

__all__ = [  # tests that run in both browsers
    "test_a_status_filters",
    "test_deleting_asks_first_says_what_goes_and_leaves_the_picture_that_was_opened_meanwhile",
    "test_the_slider_parts_before_and_after_by_pointer_and_by_keys",
    "test_uploads_arrive_the_corrupt_one_says_why_and_refusals_are_counted_apart",
]


@pytest.fixture(scope="module")
def browser(playwright: Playwright) -> Iterator[Browser]:
    path = shutil.which("firefox-esr") or miss("Firefox is missing: apt-get install firefox-esr")
    started = playwright.firefox.launch(executable_path=path, channel="moz-firefox")
    yield started
    started.close()


def test_a_double_click_zooms_both_sides_until_the_next_picture(visit: Visit, album: str) -> None:
    gallery = visit(f"?prefix={album}").settled()
    viewer = gallery.open_picture(f"{album}a-lake.jpg")
    slider = viewer.get_by_role("slider")
    frame = slider.bounding_box()
    assert frame

    # Playwright's own double clicks are two single ones in Firefox.
    slider.dispatch_event("dblclick", {"clientX": frame["x"], "clientY": frame["y"]})

    expect(viewer.locator(".zoomed")).to_be_visible()
    for side in ("original", "compressed"):
        box = viewer.get_by_alt_text(f"a-lake.jpg, {side}").bounding_box()
        assert box == pytest.approx(
            frame | {"width": 2 * frame["width"], "height": 2 * frame["height"]}, abs=1
        )
    gallery.page.keyboard.press("ArrowRight")
    expect(viewer.get_by_role("heading", name="b-tower.png")).to_be_visible()
    expect(viewer.locator(".zoomed")).to_be_hidden()
