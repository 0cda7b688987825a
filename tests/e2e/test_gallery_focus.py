"""The focus in the gallery: it stays where people are, so that keys go on working whatever becomes of what had it."""

import pytest
from playwright.sync_api import Locator, expect

from tests.conftest import Deployed
from tests.e2e.conftest import Gallery, Visit, jpeg
from tools.pictures import picture


@pytest.fixture
def three(deployed: Deployed, folder: str) -> str:
    """A folder with three pictures: a.jpg, b.jpg, c.jpg."""
    for angle, name in enumerate(("a.jpg", "b.jpg", "c.jpg")):
        deployed.upload(folder + name, picture(300, 200, "JPEG", 40 * angle))
    return folder


def press(button: Locator) -> None:
    """Press a button as the keyboard does."""
    button.press("Enter")


def shows(gallery: Gallery, name: str) -> None:
    expect(gallery.viewer.get_by_role("heading", name=name)).to_be_visible()


def delete(gallery: Gallery, name: str) -> None:
    press(gallery.viewer.get_by_role("button", name="Delete …"))
    question = gallery.page.get_by_role("dialog", name=f"Delete {name}?")
    press(question.get_by_role("button", name="Delete"))


def test_arrow_keys_turn_pages_after_the_pointer_moved_the_slider_but_not_behind_a_question(
    visit: Visit, three: str
) -> None:
    gallery = visit(f"?prefix={three}").settled()
    gallery.open_picture(f"{three}a.jpg")
    slider = gallery.viewer.get_by_role("slider")

    slider.click()
    expect(gallery.viewer.locator(":focus")).to_have_count(1)
    gallery.page.keyboard.press("ArrowRight")
    shows(gallery, "b.jpg")

    press(gallery.viewer.get_by_role("button", name="Delete …"))
    expect(gallery.button("Keep it")).to_be_focused()
    gallery.page.keyboard.press("ArrowRight")
    gallery.page.keyboard.press("Escape")
    expect(gallery.viewer.get_by_role("button", name="Delete …")).to_be_focused()
    shows(gallery, "b.jpg")


def test_compress_again_keeps_the_focus_and_is_asked_for_once_however_often_it_is_pressed(
    visit: Visit, three: str
) -> None:
    gallery = visit(f"?prefix={three}").settled()
    gallery.open_picture(f"{three}a.jpg")
    held = gallery.hold("POST", "**/reprocess")

    press(gallery.viewer.get_by_role("button", name="Compress again"))
    expect(gallery.viewer.get_by_role("button", name="Compressing …")).to_be_focused()
    press(gallery.viewer.get_by_role("button", name="Compressing …"))
    gallery.let_go(held)

    expect(gallery.viewer).to_contain_text("a.jpg was compressed again")
    expect(gallery.viewer.get_by_role("button", name="Compress again")).to_be_focused()
    assert len(held) == 1
    gallery.page.keyboard.press("ArrowRight")
    shows(gallery, "b.jpg")


def test_after_a_deletion_the_focus_is_on_the_next_picture(visit: Visit, three: str) -> None:
    gallery = visit(f"?prefix={three}").settled()
    gallery.open_picture(f"{three}a.jpg")

    delete(gallery, "a.jpg")

    shows(gallery, "b.jpg")
    expect(gallery.card(f"{three}a.jpg")).to_have_count(0)
    expect(gallery.viewer.locator(":focus")).to_have_count(1)
    gallery.page.keyboard.press("ArrowRight")
    shows(gallery, "c.jpg")


def test_the_last_pictures_deletion_leads_back_to_the_list_and_from_there_to_all_pictures(
    visit: Visit, deployed: Deployed, album: str, folder: str
) -> None:
    deployed.upload(f"{folder}only.jpg", picture(300, 200, "JPEG"))
    gallery = visit(f"?prefix={folder}").settled()
    gallery.open_picture(f"{folder}only.jpg")

    delete(gallery, "only.jpg")

    expect(gallery.viewer).to_be_hidden()
    expect(gallery.page.get_by_role("heading", name="Nothing matches")).to_be_visible()
    expect(gallery.main).to_be_focused()
    press(gallery.button("Show all pictures"))
    expect(gallery.page.locator("#grid [data-id]").first).to_be_visible()
    expect(gallery.main).to_be_focused()


def test_next_keeps_the_focus_at_the_end_of_the_list_and_closing_returns_to_the_last_picture(
    visit: Visit, three: str
) -> None:
    gallery = visit(f"?prefix={three}").settled()
    gallery.open_picture(f"{three}b.jpg")
    following = gallery.viewer.get_by_role("button", name="Next picture")

    press(following)
    shows(gallery, "c.jpg")
    expect(following).to_be_disabled()
    expect(following).to_be_focused()
    gallery.page.keyboard.press("Enter")
    shows(gallery, "c.jpg")

    gallery.page.keyboard.press("ArrowLeft")
    shows(gallery, "b.jpg")
    gallery.page.keyboard.press("ArrowLeft")
    gallery.page.keyboard.press("Escape")
    expect(gallery.card(f"{three}a.jpg").locator("a")).to_be_focused()


def test_many_taken_names_are_answered_at_once_and_the_focus_stays_near(visit: Visit, three: str) -> None:
    gallery = visit(f"?prefix={three}").settled()
    gallery.upload(jpeg("a.jpg", 90, 60), jpeg("b.jpg", 90, 60))
    expect(gallery.page.locator("[data-state=clash]")).to_have_count(2)
    gallery.forgive("409")

    press(gallery.button("Keep both of all"))
    expect(gallery.button("Fold")).to_be_focused()
    expect(gallery.page.get_by_role("heading", name="2 pictures compressed")).to_be_visible()
    for name in ("a (2).jpg", "b (2).jpg"):
        expect(gallery.row(three + name)).to_contain_text("% saved")
    press(gallery.button("Clear"))

    expect(gallery.page.locator("#tray")).to_be_hidden()
    expect(gallery.main).to_be_focused()


def test_what_leads_to_failed_pictures_keeps_the_focus_as_the_totals_change(visit: Visit, album: str) -> None:
    gallery = visit().settled()
    failures = gallery.page.get_by_role("button", name="failed")

    with gallery.page.expect_response("**/stats"):
        press(failures)
    gallery.quiet()

    expect(gallery.page.get_by_role("radio", name="Failed")).to_be_checked()
    expect(failures).to_be_focused()
