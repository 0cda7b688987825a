"""How the gallery looks where that is hard: transparent pictures, odd names, narrow cards, large text, few colours."""

import re
from io import BytesIO

import pytest
from PIL import Image
from playwright.sync_api import Locator, expect

from tests.conftest import Deployed
from tests.e2e.conftest import Visit, broken, jpeg, text
from tools.pictures import picture

NARROW = {"width": 360, "height": 740}
LEFT_OF = """
(element, character) => {
    const texts = document.createTreeWalker(element, NodeFilter.SHOW_TEXT);
    const range = new Range();
    let left;
    while (texts.nextNode()) {
        const at = texts.currentNode.data.lastIndexOf(character);
        if (at < 0) continue;
        range.setStart(texts.currentNode, at);
        range.setEnd(texts.currentNode, at + 1);
        left = range.getBoundingClientRect().left;
    }
    return left;
}
"""
FRAME_COLOURS = """
() => {
    const frame = [...document.querySelectorAll('meta[name=theme-color]')].find((each) => matchMedia(each.media).matches);
    const probe = document.createElement('p');
    probe.style.color = frame?.content;
    document.body.append(probe);
    return [getComputedStyle(document.body).backgroundColor, getComputedStyle(probe).color];
}
"""
OVERLAPS = """
(container) => {
    const shown = [...container.querySelectorAll('button, select, input:not([type=range]), h1, h2, p, dd, .segments span, small')]
        .filter((each) => each.checkVisibility({ opacityProperty: true }) && each.getBoundingClientRect().width > 2);
    const name = (each) => each.textContent.trim().slice(0, 30) || each.name;
    const faults = shown.filter((each) => each.scrollHeight > each.clientHeight + 3 && getComputedStyle(each).display !== 'inline')
        .map((each) => `${name(each)} is cut off`);
    for (const [index, one] of shown.entries()) for (const other of shown.slice(index + 1)) {
        if (one.contains(other) || other.contains(one)) continue;
        const [a, b] = [one.getBoundingClientRect(), other.getBoundingClientRect()];
        const isApart = a.right <= b.left + 1 || b.right <= a.left + 1 || a.bottom <= b.top + 1 || b.bottom <= a.top + 1;
        if (!isApart) faults.push(`${name(one)} overlaps ${name(other)}`);
    }
    return faults;
}
"""


def pixels(of: Locator) -> Image.Image:
    return Image.open(BytesIO(of.screenshot())).convert("RGB")


def box(of: Locator) -> dict[str, float]:
    rectangle: dict[str, float] = of.evaluate("(element) => element.getBoundingClientRect().toJSON()")
    return rectangle


def test_a_transparent_picture_shows_as_much_of_the_page_before_as_after(
    visit: Visit, deployed: Deployed, folder: str
) -> None:
    veil = BytesIO()
    Image.new("RGBA", (400, 300), (200, 30, 30, 110)).save(veil, "PNG")
    deployed.upload(f"{folder}veil.png", veil.getvalue())
    gallery = visit(f"?prefix={folder}").settled()
    viewer = gallery.open_picture(f"{folder}veil.png")
    expect(viewer.get_by_role("slider")).to_be_visible()
    expect(viewer.get_by_alt_text("veil.png, compressed")).to_have_js_property("naturalWidth", 400)

    seen = pixels(viewer.locator(".compare"))

    before = seen.getpixel((seen.width // 4, seen.height // 4))
    after = seen.getpixel((seen.width * 3 // 4, seen.height // 4))
    assert isinstance(before, tuple)
    assert isinstance(after, tuple)
    assert all(abs(one - other) <= 4 for one, other in zip(before, after, strict=True)), (before, after)


def test_a_failed_card_shows_all_of_its_reason_and_fills_its_row_on_a_narrow_screen(
    visit: Visit, deployed: Deployed, folder: str
) -> None:
    for name, size in (("b.jpg", (640, 480)), ("c-wide.jpg", (900, 200)), ("e-wide.jpg", (900, 200))):
        deployed.upload(folder + name, picture(*size, "JPEG"))
    for name in ("a-beside.jpg", "d-alone.jpg"):
        deployed.upload(folder + name, broken(name)["buffer"])
    gallery = visit(f"?prefix={folder}", viewport=NARROW).settled()
    beside, alone = (gallery.card(folder + name) for name in ("a-beside.jpg", "d-alone.jpg"))

    reason = beside.get_by_text("This file is not a picture.")

    assert box(reason)["bottom"] <= box(beside)["bottom"]
    assert reason.evaluate("(text) => text.scrollHeight - text.clientHeight") <= 0
    assert box(beside)["height"] == pytest.approx(box(gallery.card(f"{folder}b.jpg"))["height"], abs=1)
    assert box(alone)["width"] == pytest.approx(box(gallery.card(f"{folder}e-wide.jpg"))["width"], abs=1)


def test_a_name_that_turns_the_direction_of_text_turns_its_own_alone(
    visit: Visit, deployed: Deployed, folder: str
) -> None:
    name = "a\N{RIGHT-TO-LEFT OVERRIDE}cod.jpg"
    deployed.upload(folder + name, picture(300, 200, "JPEG"))
    gallery = visit(f"?prefix={folder}").settled()
    gallery.open_picture(folder + name).get_by_role("button", name="Delete …").click()
    question = gallery.page.get_by_role("dialog", name="Delete a")
    shade = question.evaluate("(ask) => getComputedStyle(ask, '::backdrop').backgroundColor")
    assert shade.startswith("rgba(0, 0, 0, "), "what lies behind is darkened without a tint"

    def left_of(where: Locator, character: str) -> float:
        left: float = where.evaluate(LEFT_OF, character)
        return left

    heading = question.get_by_role("heading")
    assert left_of(heading, "?") > max(left_of(heading, letter) for letter in "jc")
    sizes = question.get_by_role("listitem").first
    sizes.evaluate("(item) => { item.style.whiteSpace = 'nowrap'; }")  # where it wraps depends on the fonts
    assert left_of(sizes, "(") < left_of(sizes, ")")
    question.get_by_role("button", name="Delete").click()
    notice = gallery.page.get_by_text("was deleted.")
    expect(notice).to_be_visible()
    assert left_of(notice, "w") > left_of(notice, "j")


@pytest.mark.parametrize(("size", "badge"), [(995, "already small"), (989, "\N{MINUS SIGN}1%")])
def test_badge_shows_savings_from_one_per_cent_on(visit: Visit, album: str, size: int, badge: str) -> None:
    gallery = visit()
    gallery.list_many(1, like=album, sizeOriginal=1000, sizeCompressed=size)
    gallery.open()
    expect(gallery.card("0000.jpg")).to_be_visible()

    assert gallery.card("0000.jpg").locator(".gain").all_text_contents() == [badge]


def test_a_badge_leaves_room_for_the_name_on_a_narrow_card(visit: Visit, album: str) -> None:
    gallery = visit(viewport=NARROW, has_touch=True, is_mobile=True)
    gallery.list_many(4, like=album, width=100, height=160)
    gallery.open()
    card = gallery.card("0000.jpg")
    expect(card).to_be_visible()

    start, end = (card.locator(".name").evaluate(LEFT_OF, letter) for letter in "0j")
    name, badge = box(card.locator(".name")), box(card.locator(".gain"))

    padding = card.locator(".name").evaluate("(name) => parseFloat(getComputedStyle(name).paddingBottom)")
    assert start < end < box(card)["right"] - 10
    assert name["bottom"] - padding <= badge["top"] or end < badge["left"] - 10


def test_a_thumbnail_that_cannot_be_loaded_leaves_its_placeholder(visit: Visit, album: str) -> None:
    gallery = visit()
    gallery.page.route("**/resized-a-lake.jpg*", lambda route: route.abort())
    gallery.open(f"?prefix={album}").settled()

    image = gallery.card(f"{album}a-lake.jpg").locator("img")

    expect(image).not_to_have_attribute("srcset", re.compile("."))
    assert "data:image/webp" in image.evaluate("(image) => image.style.background")
    assert image.get_attribute("loading") == "lazy"
    gallery.forgive("ERR_FAILED")


@pytest.mark.parametrize(("scheme", "is_dark"), [("light", False), ("dark", True)])
def test_the_page_and_the_browsers_frame_follow_the_systems_colours(
    visit: Visit, scheme: str, is_dark: bool
) -> None:
    gallery = visit(color_scheme=scheme).settled()

    page, frame = gallery.page.evaluate(FRAME_COLOURS)

    assert frame == page
    paper = [int(level) for level in re.findall("[0-9]+", page)]
    assert (max(paper) < 60) is is_dark
    assert (min(paper) > 200) is not is_dark


@pytest.mark.parametrize("width", [1280, 360])
def test_nothing_overlaps_where_text_is_twice_as_large(
    visit: Visit, album: str, folder: str, width: int
) -> None:
    gallery = visit(f"?prefix={album}", viewport={"width": width, "height": 800}).settled()
    size = gallery.page.evaluate(
        "[...document.styleSheets[0].cssRules].find((rule) => rule.selectorText === ':root').style.fontSize"
    )
    assert size.endswith("%"), "it follows what the browser is set to"
    gallery.page.evaluate("document.documentElement.style.fontSize = '200%'")
    expect(gallery.page.locator("#totals")).to_contain_text("pressed")
    gallery.quiet()
    assert gallery.page.locator("header.masthead").evaluate(OVERLAPS) == []
    assert gallery.page.locator("#filters").evaluate(OVERLAPS) == []
    failed = gallery.card(f"{album}d-broken.jpg").locator("a")
    assert failed.evaluate("(card) => card.scrollHeight - card.clientHeight") <= 0

    gallery.open_picture(f"{album}a-lake.jpg")
    expect(gallery.viewer.get_by_role("slider")).to_be_visible()
    assert gallery.viewer.evaluate(OVERLAPS) == []

    gallery.open(f"?prefix={folder}").settled()
    gallery.page.evaluate("document.documentElement.style.fontSize = '200%'")
    gallery.page.route("**/source-image", lambda _: None)  # it stays on its way
    gallery.upload(jpeg(f"{width}.jpg"), jpeg(f"{width}.jpg"), text("a.txt"))
    expect(gallery.page.locator("[data-state=sending]")).to_have_count(1)
    assert gallery.page.locator("#tray").evaluate(OVERLAPS) == []


def test_progress_is_seen_where_colours_are_forced(visit: Visit, folder: str) -> None:
    gallery = visit(f"?prefix={folder}", forced_colors="active", reduced_motion="reduce").settled()
    gallery.page.route("**/source-image", lambda _: None)  # it stays on its way
    gallery.upload(jpeg("long.jpg"))
    bar = gallery.page.get_by_role("progressbar")
    expect(bar).to_be_visible()
    bar.evaluate("(bar) => { bar.value = 0.5; }")

    seen = pixels(bar)

    assert seen.getpixel((seen.width // 4, seen.height // 2)) != seen.getpixel(
        (seen.width * 3 // 4, seen.height // 2)
    )


def test_chosen_status_shows_by_more_than_bold_type_where_colours_are_forced(visit: Visit) -> None:
    gallery = visit(forced_colors="active").settled()

    chosen, other = (
        pixels(gallery.page.locator(".segments span", has_text=text)) for text in ("All", "Failed")
    )

    assert chosen.getpixel((chosen.width // 2, 3)) != other.getpixel((other.width // 2, 3))


def test_the_name_of_the_gallery_stays_on_one_line_on_narrow_screens(visit: Visit) -> None:
    gallery = visit(viewport={"width": 320, "height": 740}).settled()
    gallery.page.evaluate("document.getElementById('forget').hidden = false")

    lines = "(name) => { const range = new Range(); range.selectNode(name.lastChild); return range.getClientRects().length; }"
    assert gallery.page.locator(".wordmark").evaluate(lines) == 1
