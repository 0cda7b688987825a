"""The gallery for everyone: keyboard alone, screen reader, narrow screens, dark rooms, reduced motion."""

import re

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import expect

from tests.e2e.conftest import Gallery, Visit, broken, jpeg
from tools.local_stack import LocalStack, served_with

SCHEMES = ["light", "dark"]
STAND_STILL = """
for (const each of document.getAnimations()) {
    if (each.effect.getComputedTiming().endTime === Infinity) each.cancel();
    else each.finish();
}
"""


def faults(gallery: Gallery) -> list[str]:
    """Return what axe finds, a line each."""
    gallery.page.evaluate(STAND_STILL)
    found = Axe().run(gallery.page).response["violations"]
    return [f"{each['id']}: {node['html']}" for each in found for node in each["nodes"]]


@pytest.mark.parametrize("scheme", SCHEMES)
def test_axe_finds_nothing_in_the_grid(visit: Visit, album: str, scheme: str) -> None:
    gallery = visit(f"?prefix={album}", color_scheme=scheme).settled()
    assert faults(gallery) == []

    gallery.check(f"{album}a-lake.jpg").click()
    expect(gallery.page.get_by_role("region", name="Selection")).to_be_visible()
    assert faults(gallery) == []


@pytest.mark.parametrize("scheme", SCHEMES)
@pytest.mark.parametrize("name", ["a-lake.jpg", "c-scan.tif", "d-broken.jpg"])
def test_axe_finds_nothing_in_a_picture_opened_large_and_in_the_question_before_deleting(
    visit: Visit, album: str, scheme: str, name: str
) -> None:
    gallery = visit(f"?prefix={album}", color_scheme=scheme).settled()
    gallery.open_picture(album + name)
    expect(gallery.viewer).not_to_contain_text("Loading")
    assert faults(gallery) == []

    gallery.viewer.get_by_role("button", name="Delete …").click()
    assert faults(gallery) == []


@pytest.mark.parametrize("scheme", SCHEMES)
def test_axe_finds_nothing_in_the_tray(visit: Visit, folder: str, scheme: str) -> None:
    gallery = visit(f"?prefix={folder}", color_scheme=scheme).settled()
    gallery.page.route("**/source-image", lambda _: None)  # it stays on its way
    gallery.upload(
        {"name": "notes.txt", "mimeType": "text/plain", "buffer": b"words"},
        jpeg("unsent.jpg"),
        jpeg("unsent.jpg"),
    )
    expect(gallery.page.locator("[data-state=sending]")).to_have_count(1)

    assert faults(gallery) == []


@pytest.mark.parametrize("scheme", SCHEMES)
def test_axe_finds_nothing_where_there_is_nothing(visit: Visit, stack: LocalStack, scheme: str) -> None:
    with served_with(stack, {"SOURCE_BUCKET": "nothing-yet"}) as api:
        gallery = visit("", api, color_scheme=scheme).settled()

        expect(gallery.page.get_by_role("heading", name="No pictures yet")).to_be_visible()
        expect(gallery.page.locator("#totals")).to_have_text("Every picture, a little lighter.")
        assert faults(gallery) == []


@pytest.mark.parametrize("scheme", SCHEMES)
def test_axe_finds_nothing_in_the_token_prompt(visit: Visit, private: str, scheme: str) -> None:
    gallery = visit("", private, color_scheme=scheme)
    expect(gallery.page.get_by_role("dialog", name="This gallery is private")).to_be_visible()

    assert faults(gallery) == []
    gallery.button("Not now").click()
    expect(gallery.button("Enter a token")).to_be_visible()
    assert faults(gallery) == []
    gallery.forgive("401")


def overflow(gallery: Gallery) -> int:
    """Return by how many pixels the page is wider than the screen."""
    width: int = gallery.page.evaluate(
        "Math.max(...[...document.querySelectorAll('body, body *')].map((each) => each.scrollWidth > innerWidth"
        " && getComputedStyle(each).overflowX !== 'hidden' ? each.getBoundingClientRect().right : 0),"
        " document.documentElement.scrollWidth) - innerWidth"
    )
    return width


def test_nothing_scrolls_sideways_at_360_pixels(visit: Visit, album: str, folder: str) -> None:
    gallery = visit(f"?prefix={album}", viewport={"width": 360, "height": 740}).settled()
    assert overflow(gallery) <= 0

    gallery.open(f"?prefix={folder}").settled()
    gallery.upload(broken("a-name-that-is-much-longer-than-any-narrow-screen-could-ever-show.jpg"))
    expect(gallery.page.locator("[data-state=failed]")).to_be_visible()
    assert overflow(gallery) <= 0

    gallery.open(f"?prefix={album}").settled()
    gallery.open_picture(f"{album}a-lake.jpg")
    assert overflow(gallery) <= 0
    gallery.viewer.get_by_role("button", name="Delete …").click()
    assert overflow(gallery) <= 0


def test_skeletons_stand_in_while_the_list_loads_and_nothing_moves_where_motion_is_reduced(
    visit: Visit, album: str
) -> None:
    gallery = visit(reduced_motion="reduce")
    gallery.page.route("**/images?*", lambda _: None)
    gallery.open(f"?prefix={album}")
    expect(gallery.page.locator(".skeleton").first).to_be_visible()
    expect(gallery.page.locator("#grid")).to_have_attribute("aria-busy", "true")
    assert gallery.page.evaluate("document.getAnimations().length") == 0
    gallery.page.unroute("**/images?*")

    gallery.open(f"?prefix={album}").settled()
    gallery.card(f"{album}a-lake.jpg").hover()

    assert gallery.page.evaluate("document.getAnimations().length") == 0


def test_the_keyboard_alone_is_enough(visit: Visit, album: str) -> None:
    gallery = visit(f"?prefix={album}").settled()
    keys = gallery.page.keyboard
    for _ in range(20):
        keys.press("Tab")
        if gallery.card(f"{album}a-lake.jpg").locator("a:focus-visible").count():
            break
    keys.press("Enter")
    expect(gallery.viewer.get_by_role("heading", name="a-lake.jpg")).to_be_visible()

    keys.press("ArrowLeft")
    expect(gallery.viewer.get_by_role("button", name="Previous picture")).to_be_disabled()
    expect(gallery.viewer.get_by_role("heading", name="a-lake.jpg")).to_be_visible()
    keys.press("ArrowRight")
    expect(gallery.viewer.get_by_role("heading", name="b-tower.png")).to_be_visible()
    keys.press("ArrowLeft")
    expect(gallery.viewer.get_by_role("heading", name="a-lake.jpg")).to_be_visible()
    slider = gallery.viewer.get_by_role("slider")
    expect(slider).to_be_visible()
    for _ in range(6):
        if slider.evaluate("(slider) => slider.matches(':focus')"):
            break
        keys.press("Tab")
    keys.press("ArrowRight")
    expect(slider).to_have_value("51")
    keys.press("Escape")

    expect(gallery.viewer).to_be_hidden()
    expect(gallery.card(f"{album}a-lake.jpg").locator("a")).to_be_focused()


def test_each_card_says_what_became_of_its_picture(visit: Visit, album: str) -> None:
    gallery = visit(f"?prefix={album}").settled()

    name = gallery.card(f"{album}a-lake.jpg").get_by_role("link")
    failed = gallery.card(f"{album}d-broken.jpg").get_by_role("link")

    expect(name).to_have_accessible_name(
        re.compile("^a-lake\\.jpg JPEG, [0-9.]+ kB to [0-9.]+ kB \N{MINUS SIGN}[0-9]+%$")
    )
    expect(failed).to_have_accessible_name(
        "d-broken.jpg Not compressed: This file is not a picture. Replace it with one."
    )
