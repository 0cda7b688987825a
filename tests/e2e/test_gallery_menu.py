"""What the gallery's page offers beside pictures: help on keys, a theme, and to be installed as an app."""

import json
from urllib.parse import urljoin

from playwright.sync_api import expect

from tests.e2e.conftest import Visit
from tests.e2e.test_gallery_access import faults


def test_help_opens_by_key_and_a_theme_is_remembered(visit: Visit, album: str) -> None:
    gallery = visit(f"?prefix={album}", color_scheme="light").settled()
    expect(gallery.button("Theme: auto")).to_be_visible()
    gallery.page.keyboard.press("?")
    expect(gallery.page.get_by_role("dialog", name="Keyboard")).to_contain_text("Select a picture")
    assert faults(gallery) == []
    gallery.page.keyboard.press("Escape")

    gallery.button("Theme: auto").click()
    gallery.button("Theme: light").click()
    expect(gallery.button("Theme: dark")).to_be_visible()
    gallery.page.reload()

    expect(gallery.button("Theme: dark")).to_be_visible()
    expect(gallery.page.locator("body")).to_have_css("background-color", "rgb(19, 18, 17)")


def test_page_can_be_installed(visit: Visit) -> None:
    gallery = visit().settled()
    manifest = gallery.page.context.new_cdp_session(gallery.page).send("Page.getAppManifest")

    assert manifest["errors"] == []
    details = json.loads(manifest["data"])
    assert urljoin(manifest["url"], details["start_url"]) == f"{gallery.url}/"
    icon = gallery.page.request.get(urljoin(manifest["url"], details["icons"][0]["src"]))
    assert (icon.status, icon.headers["content-type"]) == (200, "image/svg+xml")


def test_a_button_that_is_pressed_before_its_part_is_loaded_acts_once_it_is(
    visit: Visit, folder: str
) -> None:
    gallery = visit()
    held = gallery.hold("GET", "**/menu.js")
    gallery.open(f"?prefix={folder}")

    gallery.page.get_by_role("button", name="Keyboard help").click()
    gallery.let_go(held)

    expect(gallery.page.get_by_role("dialog")).to_contain_text("Keyboard")
