"""Many pictures at once: selected by check marks, ranges, keys and long presses; deleted, compressed again, copied."""

import pytest
from playwright.sync_api import expect

from tests.conftest import Deployed, eventually
from tests.e2e.conftest import Visit, broken
from tools.pictures import picture


@pytest.fixture
def three(deployed: Deployed, folder: str) -> str:
    """A folder with three pictures: a.jpg, b.jpg, and the corrupt c.jpg."""
    for name in ("a.jpg", "b.jpg"):
        deployed.upload(folder + name, picture(300, 200, "JPEG"))
    deployed.upload(f"{folder}c.jpg", broken("c.jpg")["buffer"])
    return folder


def test_selected_pictures_are_deleted_ten_seconds_later_unless_it_is_undone(
    visit: Visit, deployed: Deployed, three: str
) -> None:
    gallery = visit(f"?prefix={three}").settled()
    keys, bar = gallery.page.keyboard, gallery.page.get_by_role("region", name="Selection")
    gallery.check(f"{three}a.jpg").click()
    gallery.check(f"{three}c.jpg").click(modifiers=["Shift"])
    expect(bar).to_contain_text("3 selected")
    keys.press("Escape")
    expect(bar).to_be_hidden()
    keys.press("Control+a")
    expect(bar).to_contain_text("3 selected")
    gallery.page.clock.install()
    deleted: list[str] = []
    gallery.page.on("request", lambda sent: deleted.append(sent.url) if sent.method == "POST" else None)

    bar.get_by_role("button", name="Delete").click()
    expect(gallery.page.locator("#grid [data-id]")).to_have_count(0)
    keys.press("Enter")  # the focus is on Undo
    expect(gallery.page.locator("#grid [data-id]")).to_have_count(3)
    gallery.page.clock.fast_forward(11_000)
    assert deleted == []

    gallery.check(f"{three}a.jpg").click()
    bar.get_by_role("button", name="Delete").click()
    gallery.page.clock.fast_forward(11_000)
    eventually(lambda: gallery.quiet() and deployed.record(f"{three}a.jpg") is None)
    assert len(deleted) == 1


def test_a_deletion_is_sent_when_the_page_is_left(visit: Visit, deployed: Deployed, three: str) -> None:
    gallery = visit(f"?prefix={three}").settled()
    gallery.check(f"{three}b.jpg").click()
    gallery.button("Delete").click()
    expect(gallery.card(f"{three}b.jpg")).to_have_count(0)

    gallery.page.goto("about:blank")

    eventually(lambda: deployed.record(f"{three}b.jpg") is None)
    assert deployed.record(f"{three}a.jpg")


def test_all_that_failed_is_compressed_again(visit: Visit, deployed: Deployed, three: str) -> None:
    before = deployed.record(f"{three}c.jpg")
    gallery = visit(f"?prefix={three}&status=failed").settled()

    gallery.button("Compress all again").click()

    expect(gallery.page.get_by_text("1 failed again.")).to_be_visible()
    after = deployed.record(f"{three}c.jpg")
    assert before
    assert after
    assert after["resizedAt"] > before["resizedAt"]


@pytest.mark.parametrize("is_touched", [False, True])
def test_links_of_selected_pictures_are_copied(visit: Visit, album: str, is_touched: bool) -> None:
    permissions = ["clipboard-read", "clipboard-write"]
    gallery = visit(f"?prefix={album}", permissions=permissions, has_touch=is_touched).settled()
    gallery.page.wait_for_load_state("networkidle")  # it has loaded what selects
    lake, tower = gallery.card(f"{album}a-lake.jpg"), gallery.card(f"{album}b-tower.png")

    if is_touched:
        box = lake.bounding_box()
        assert box
        fingers = gallery.page.context.new_cdp_session(gallery.page)
        at = [{"x": box["x"] + 50, "y": box["y"] + 50}]
        fingers.send("Input.dispatchTouchEvent", {"type": "touchStart", "touchPoints": at})
        expect(gallery.check(f"{album}a-lake.jpg")).to_be_checked()
        fingers.send("Input.dispatchTouchEvent", {"type": "touchEnd", "touchPoints": []})
        tower.tap()
    else:
        lake.locator("a").focus()
        gallery.page.keyboard.press("Space")
        tower.locator("a").click()
    gallery.button("Copy links").click()

    expect(gallery.page.get_by_text("2 links copied.")).to_be_visible()
    copied = gallery.page.evaluate("navigator.clipboard.readText()").split()
    ids = [card.get_attribute("data-id") for card in (lake, tower)]
    assert copied == [f"{gallery.url}/images/{each}/file" for each in ids]


def test_a_deletion_that_is_refused_brings_the_pictures_back(
    visit: Visit, deployed: Deployed, three: str
) -> None:
    gallery = visit(f"?prefix={three}").settled()
    gallery.page.clock.install()
    gallery.page.route("**/jobs", lambda route: route.fulfill(status=403, json={"detail": "Only reading."}))
    gallery.check(f"{three}a.jpg").click()

    gallery.button("Delete").click()
    gallery.page.clock.fast_forward(11_000)

    expect(gallery.page.get_by_text("1 picture could not be deleted: Only reading.")).to_be_visible()
    expect(gallery.card(f"{three}a.jpg")).to_be_visible()
    gallery.forgive("403")
