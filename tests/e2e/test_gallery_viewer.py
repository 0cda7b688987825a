"""One picture in the gallery: what is shown of it, and what people do with it."""

import re
from io import BytesIO
from pathlib import Path

import pytest
from PIL import Image
from playwright.sync_api import expect

from chalicelib.imaging import Options, Rendition
from chalicelib.pipeline import Pipeline
from tests.conftest import DESTINATION, SOURCE, Deployed
from tests.e2e.conftest import Visit
from tests.fixtures.adapters import buckets_of
from tools.pictures import picture


def test_renditions_serve_as_thumbnails_and_can_be_downloaded(
    visit: Visit, deployed: Deployed, folder: str
) -> None:
    deployed.upload(f"{folder}sizes.jpg", picture(900, 600, "JPEG"))
    buckets = buckets_of(deployed.s3, SOURCE, DESTINATION)
    sizes = Options(renditions=(Rendition("card", 480), Rendition("tiny", 64)))
    Pipeline(*buckets, deployed.table, sizes, 10_000_000).reconcile(f"{folder}sizes.jpg")

    permissions = ["clipboard-read", "clipboard-write"]
    gallery = visit(f"?prefix={folder}", permissions=permissions).settled()

    thumbnail = gallery.card(f"{folder}sizes.jpg").locator("img")
    expect(thumbnail).to_have_js_property("complete", True)
    assert f"/card/{folder}resized-sizes.rendition.jpg" in thumbnail.evaluate("(image) => image.currentSrc")
    viewer = gallery.open_picture(f"{folder}sizes.jpg")
    with gallery.page.expect_download() as download:
        viewer.get_by_role("link", name="card").click()
    assert download.value.suggested_filename == "resized-sizes.rendition.jpg"
    viewer.get_by_role("button", name="Copy URL").click()
    expect(viewer).to_contain_text("URL copied")
    answer = gallery.page.request.get(gallery.page.evaluate("navigator.clipboard.readText()"))
    assert Image.open(BytesIO(answer.body())).size == (900, 600)
    viewer.get_by_role("button", name="Copy HTML").click()
    expect(viewer).to_contain_text("HTML copied")
    markup = gallery.page.evaluate("navigator.clipboard.readText()")
    assert re.search(r'srcset="[^"]+/file\?variant=tiny 64w, [^"]+/file 900w"', markup)
    assert 'width="900" height="600" alt="sizes"' in markup
    viewer.get_by_role("button", name="Delete …").click()
    expect(gallery.page.get_by_role("dialog", name="Delete sizes.jpg?")).to_contain_text("2 further sizes")


def test_a_picture_opens_large_with_what_is_known_of_it_until_the_back_button_closes_it(
    visit: Visit, album: str, deployed: Deployed
) -> None:
    gallery = visit(f"?prefix={album}").settled()

    viewer = gallery.open_picture(f"{album}a-lake.jpg")

    record = deployed.record(f"{album}a-lake.jpg")
    assert record
    expect(viewer.get_by_role("heading", name="a-lake.jpg")).to_be_visible()
    expect(viewer).to_contain_text("% saved")
    expect(viewer).to_contain_text("JPEG, 900 \N{MULTIPLICATION SIGN} 600")
    expect(viewer).to_contain_text(record["imageId"])
    expect(viewer.get_by_alt_text("a-lake.jpg, original")).to_have_js_property("naturalWidth", 900)
    expect(viewer.get_by_alt_text("a-lake.jpg, compressed")).to_have_js_property("naturalWidth", 900)

    expect(gallery.page).to_have_title("a-lake.jpg \N{EN DASH} imagepress")
    viewer.get_by_role("button", name="Next picture").click()
    expect(gallery.page).to_have_title("b-tower.png \N{EN DASH} imagepress")
    gallery.page.go_back()
    expect(gallery.viewer).to_be_hidden()
    expect(gallery.page).to_have_title("imagepress")


def test_the_slider_parts_before_and_after_by_pointer_and_by_keys(visit: Visit, album: str) -> None:
    gallery = visit(f"?prefix={album}").settled()
    viewer = gallery.open_picture(f"{album}a-lake.jpg")
    slider = viewer.get_by_role("slider", name="How much of the original is shown")
    box = slider.bounding_box()
    assert box

    gallery.page.mouse.click(box["x"] + box["width"] * 0.25, box["y"] + box["height"] / 2)
    by_pointer = int(slider.input_value())
    slider.press("ArrowRight")

    assert 22 <= by_pointer <= 28
    expect(slider).to_have_value(str(by_pointer + 1))
    expect(slider).to_have_attribute(
        "aria-valuetext", f"{by_pointer + 1}% original, {99 - by_pointer}% compressed"
    )
    clip = viewer.locator(".before").evaluate("(image) => getComputedStyle(image).clipPath")
    assert f"{99 - by_pointer}%" in clip


def test_both_sides_are_zoomed_and_moved_in_step(visit: Visit, album: str) -> None:
    gallery = visit(f"?prefix={album}").settled()
    viewer = gallery.open_picture(f"{album}a-lake.jpg")
    sides = [viewer.get_by_alt_text(f"a-lake.jpg, {side}") for side in ("original", "compressed")]
    frame = viewer.get_by_role("slider").bounding_box()
    assert frame
    x, y = frame["x"] + frame["width"] / 4, frame["y"] + frame["height"] / 4

    def zoomed() -> tuple[float, float, float]:
        """Return scale and place of both pictures, as shares of the frame."""
        boxes = [side.bounding_box() or frame for side in sides]
        assert boxes[0] == pytest.approx(boxes[1], abs=0.01)
        box = boxes[0]
        return (
            round(box["width"] / frame["width"], 2),
            round((box["x"] - frame["x"]) / frame["width"], 2),
            round((box["y"] - frame["y"]) / frame["height"], 2),
        )

    gallery.page.mouse.dblclick(x, y)
    assert zoomed() == (2, -0.25, -0.25), "what is under the pointer stays there"
    gallery.page.mouse.move(x, y)
    gallery.page.mouse.down()
    gallery.page.mouse.move(x + frame["width"], y - frame["height"] / 4)
    gallery.page.mouse.up()
    assert zoomed() == (2, 0, -0.5), "no further than the edge"
    gallery.page.mouse.move(x, y)
    gallery.page.mouse.wheel(0, -10_000)
    expect(viewer.locator(".zoomed")).to_be_visible()
    gallery.until(lambda: zoomed()[0] == 8)
    gallery.page.keyboard.press("0")
    assert zoomed() == (1, 0, 0)
    gallery.page.keyboard.press("+")
    gallery.page.keyboard.press("+")
    gallery.page.keyboard.press("-")
    assert zoomed() == (1.5, -0.25, -0.25)


def test_two_fingers_zoom_and_one_swipes_to_the_next_picture(visit: Visit, album: str) -> None:
    gallery = visit(f"?prefix={album}", has_touch=True, viewport={"width": 390, "height": 844}).settled()
    viewer = gallery.open_picture(f"{album}a-lake.jpg")
    picture_box, legend = (
        viewer.get_by_role("slider").bounding_box(),
        viewer.locator(".legend").bounding_box(),
    )
    assert picture_box
    assert legend
    fingers = gallery.page.context.new_cdp_session(gallery.page)

    def touch(kind: str, *points: tuple[float, float]) -> None:
        at = [{"x": x, "y": y, "id": number} for number, (x, y) in enumerate(points)]
        fingers.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": at})

    middle = picture_box["x"] + picture_box["width"] / 2, picture_box["y"] + picture_box["height"] / 2
    for kind, reach in (("touchStart", 20), ("touchMove", 40), ("touchMove", 60)):
        touch(kind, (middle[0] - reach, middle[1]), (middle[0] + reach, middle[1]))
    touch("touchEnd")
    expect(viewer.locator(".zoomed")).to_be_visible()

    y = legend["y"] + legend["height"] / 2
    touch("touchStart", (300, y))
    touch("touchMove", (200, y))
    touch("touchEnd")
    expect(viewer.get_by_role("heading", name="b-tower.png")).to_be_visible()


def test_an_original_that_browsers_cannot_show_is_said_to_be_one(visit: Visit, album: str) -> None:
    gallery = visit(f"?prefix={album}").settled()

    viewer = gallery.open_picture(f"{album}c-scan.tif")

    expect(viewer).to_contain_text("browsers cannot show TIFF originals")
    expect(viewer.get_by_role("slider")).to_have_count(0)


def test_deleting_asks_first_says_what_goes_and_leaves_the_picture_that_was_opened_meanwhile(
    visit: Visit, deployed: Deployed, folder: str
) -> None:
    for name in ("a.jpg", "b.jpg", "c.jpg"):
        deployed.upload(folder + name, picture(300, 200, "JPEG"))
    gallery = visit(f"?prefix={folder}").settled()
    viewer = gallery.open_picture(f"{folder}a.jpg")
    held = gallery.hold("DELETE", "**/images/*")

    viewer.get_by_role("button", name="Delete …").click()
    question = gallery.page.get_by_role("dialog", name="Delete a.jpg?")
    expect(question).to_contain_text(f"the original, {folder}a.jpg")
    expect(question).to_contain_text(f"the compressed image, {folder}resized-a.jpg")
    expect(question).to_contain_text("It cannot be undone.")
    agree = question.get_by_role("button", name="Delete")
    colours = agree.evaluate(
        "(button) => [getComputedStyle(button).color, getComputedStyle(button).backgroundColor]"
    )
    assert colours[0] != colours[1]
    question.get_by_role("button", name="Keep it").click()
    expect(question).to_be_hidden()
    assert not held

    viewer.get_by_role("button", name="Delete …").click()
    with gallery.page.expect_request(lambda request: request.method == "DELETE"):
        agree.click()
    viewer.get_by_role("button", name="Next picture").click()
    expect(viewer.get_by_role("heading", name="b.jpg")).to_be_visible()
    gallery.let_go(held)

    expect(viewer).to_contain_text("a.jpg was deleted")
    expect(viewer.get_by_role("heading", name="b.jpg")).to_be_visible()
    expect(gallery.card(f"{folder}a.jpg")).to_have_count(0)


def test_downloads_are_files_with_names(visit: Visit, album: str, deployed: Deployed, tmp_path: Path) -> None:
    gallery = visit(f"?prefix={album}").settled()
    viewer = gallery.open_picture(f"{album}a-lake.jpg")
    record = deployed.record(f"{album}a-lake.jpg")
    assert record

    for variant, name in (("compressed", "resized-a-lake.jpg"), ("original", "a-lake.jpg")):
        with gallery.page.expect_download() as download:
            viewer.get_by_role("link", name=variant).click()
        download.value.save_as(tmp_path / variant)
        assert download.value.suggested_filename == name
    sizes = [(tmp_path / variant).stat().st_size for variant in ("compressed", "original")]
    assert sizes == [record["sizeCompressed"], record["sizeOriginal"]]


def test_a_picture_that_is_gone_is_said_to_be(visit: Visit) -> None:
    gallery = visit("?image=00000000-0000-0000-0000-000000000000")

    expect(gallery.page.get_by_text("This picture is not there any more.")).to_be_visible()
    gallery.forgive("404")
    expect(gallery.page).to_have_url(f"{gallery.url}/")
