"""The gallery of an API that asks for tokens: one that reads, one that also writes."""

from playwright.sync_api import expect

from tests.conftest import Deployed, eventually
from tests.e2e.conftest import READS, WRITES, Gallery, Visit, jpeg
from tools.pictures import picture


def enter(gallery: Gallery, token: str) -> None:
    expect(gallery.page.get_by_role("dialog").get_by_label("Token")).to_be_focused()
    gallery.page.keyboard.type(token)
    gallery.page.keyboard.press("Enter")


def unlocked(gallery: Gallery, token: str) -> Gallery:
    """Give the token that the page asks for."""
    enter(gallery, token)
    gallery.settled().forgive("401")
    return gallery


def test_a_wrong_token_is_asked_for_again_and_a_right_one_stays_for_the_tab_until_it_is_forgotten(
    visit: Visit, private: str
) -> None:
    gallery = visit("", private)

    enter(gallery, "no token of ours")
    expect(gallery.page.get_by_role("alert")).to_contain_text("is not accepted")
    unlocked(gallery, READS)
    expect(gallery.page.locator("#totals")).to_contain_text("picture")

    gallery.page.reload()
    gallery.settled()
    expect(gallery.page.get_by_role("dialog")).to_have_count(0)
    assert gallery.page.evaluate("localStorage.length") == 0
    assert gallery.page.context.cookies() == []
    gallery.button("Forget token").click()

    expect(gallery.page.get_by_role("dialog", name="This gallery is private")).to_be_visible()


def test_without_a_token_the_page_shows_nothing_and_offers_to_take_one(visit: Visit, private: str) -> None:
    gallery = visit("", private)
    gallery.button("Not now").click()
    expect(gallery.page.get_by_role("main")).to_contain_text("This gallery is private")
    expect(gallery.button("Forget token")).to_be_hidden()
    assert gallery.names() == []

    gallery.button("Enter a token").press("Enter")
    unlocked(gallery, READS)

    expect(gallery.page.locator("#grid")).to_be_visible()
    expect(gallery.main).to_be_focused()


def test_a_token_that_reads_may_not_write_and_another_may(
    visit: Visit, private: str, deployed: Deployed, folder: str
) -> None:
    deployed.upload(f"{folder}guarded.jpg", picture(300, 200, "JPEG"))
    gallery = unlocked(visit(f"?prefix={folder}", private), READS)
    gallery.upload(jpeg("unwanted.jpg"))
    expect(gallery.row(f"{folder}unwanted.jpg")).to_contain_text("The token reader may only read")
    viewer = gallery.open_picture(f"{folder}guarded.jpg")

    viewer.get_by_role("button", name="Compress again").click()
    expect(viewer).to_contain_text("The token reader may only read")
    gallery.forgive("403")
    viewer.get_by_role("button", name="Change token").click()
    enter(gallery, WRITES)
    viewer.get_by_role("button", name="Compress again").click()
    expect(viewer).to_contain_text("guarded.jpg was compressed again")
    with gallery.page.expect_download() as download:
        viewer.get_by_role("link", name="original").click()
    assert download.value.suggested_filename == "guarded.jpg"
    viewer.get_by_role("button", name="Delete …").click()
    gallery.page.get_by_role("dialog", name="Delete guarded.jpg?").get_by_role(
        "button", name="Delete"
    ).click()
    eventually(lambda: deployed.record(f"{folder}guarded.jpg") is None)

    expect(viewer).to_be_hidden()
    gallery.upload(jpeg("wanted.jpg"))
    expect(gallery.row(f"{folder}wanted.jpg")).to_contain_text("% saved")
