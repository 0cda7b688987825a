"""What the gallery advises where a picture could not be compressed, and how people follow the advice."""

import re

from playwright.sync_api import expect

from tests.conftest import Deployed
from tests.e2e.conftest import Gallery, Visit, broken, jpeg


def test_a_file_that_is_not_a_picture_is_replaced_and_not_retried(
    visit: Visit, deployed: Deployed, folder: str
) -> None:
    deployed.upload(f"{folder}cat.jpg", broken("cat.jpg")["buffer"])
    gallery = visit(f"?prefix={folder}").settled()
    viewer = gallery.open_picture(f"{folder}cat.jpg")
    expect(viewer).to_contain_text("This file is not a picture. Replace it with one.")
    expect(viewer.get_by_text("the file is not in a known image format")).to_be_hidden()
    viewer.get_by_text("Details").click()
    expect(viewer.get_by_text("the file is not in a known image format")).to_be_visible()
    assert viewer.get_by_role("listitem").all_text_contents() == ["original28 bytes"]
    for name in ("Compress again", "Copy URL"):
        expect(viewer.get_by_role("button", name=name)).to_have_count(0)

    with gallery.page.expect_file_chooser() as chooser:
        viewer.get_by_role("button", name="Replace …").click()
    chooser.value.set_files(jpeg("another name.jpg"))

    expect(viewer).to_be_hidden()
    expect(gallery.row(f"{folder}cat.jpg")).to_contain_text("% saved")
    expect(gallery.card(f"{folder}cat.jpg").locator("img")).to_be_visible()


def test_an_upload_of_which_nothing_becomes_known_ends_with_a_reason_and_an_action(
    gallery: Gallery, folder: str
) -> None:
    gallery.page.clock.install()
    by_id = re.compile("ids=")
    gallery.page.route(by_id, lambda route: route.fulfill(json={"images": [], "nextCursor": None}))
    gallery.upload(jpeg("late.jpg"))
    expect(gallery.row(f"{folder}late.jpg")).to_contain_text("Queued")

    gallery.page.clock.fast_forward(200_000)
    expect(gallery.row(f"{folder}late.jpg")).to_contain_text("not compressed after three minutes")
    gallery.page.unroute(by_id)
    gallery.button(f"Look again: {folder}late.jpg").click()

    expect(gallery.row(f"{folder}late.jpg")).to_contain_text("% saved")
