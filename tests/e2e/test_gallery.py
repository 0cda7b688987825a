"""What people do in the gallery: upload, look, compare, find, compress again, delete."""

import re
from urllib.parse import parse_qs, urlsplit

import pytest
from playwright.sync_api import expect

from tests.conftest import Deployed
from tests.e2e.conftest import Gallery, Visit, broken, jpeg, png, text
from tools.pictures import picture


def test_uploads_arrive_the_corrupt_one_says_why_and_refusals_are_counted_apart(
    gallery: Gallery, folder: str
) -> None:
    expect(gallery.page.get_by_role("heading", name="Nothing matches")).to_be_visible()

    gallery.upload(jpeg("cat.jpg", 1600, 1200), png("dog.png"), broken("broken.jpg"), text("a.txt"))

    expect(gallery.row(f"{folder}cat.jpg")).to_contain_text("% saved")
    expect(gallery.row(f"{folder}dog.png")).to_contain_text("% saved")
    expect(gallery.row(f"{folder}broken.jpg")).to_contain_text("Not compressed: This file is not a picture.")
    heading = gallery.page.locator("#tray").get_by_role("heading")
    expect(heading).to_have_text("1 failed, 1 refused, 2 pictures compressed")
    assert gallery.names() == [f"{folder}broken.jpg", f"{folder}cat.jpg", f"{folder}dog.png"]
    expect(gallery.card(f"{folder}cat.jpg").locator("img")).to_have_js_property("complete", True)
    expect(gallery.card(f"{folder}broken.jpg")).to_contain_text("This file is not a picture.")


def test_the_totals_count_what_was_uploaded(visit: Visit, album: str, folder: str) -> None:
    gallery = visit(f"?prefix={folder}")
    totals = gallery.page.locator("#totals")
    expect(totals).to_contain_text("pressed into")
    before = int((totals.text_content() or "").split()[0].replace(",", ""))

    gallery.upload(jpeg("one-more.jpg"))

    expect(totals).to_contain_text(f"{before + 1:,} picture")


def test_pictures_that_others_add_and_change_appear_by_themselves(
    gallery: Gallery, deployed: Deployed, folder: str
) -> None:
    with gallery.page.expect_response(re.compile("limit=1&")):
        gallery.open(f"?prefix={folder}")

    deployed.upload(f"{folder}theirs.jpg", b"words")
    expect(gallery.card(f"{folder}theirs.jpg")).to_contain_text("This file is not a picture.")

    deployed.upload(f"{folder}theirs.jpg", picture(300, 200, "JPEG"))

    expect(gallery.card(f"{folder}theirs.jpg").locator("img")).to_have_attribute("width", "300")


def test_the_address_keeps_what_is_looked_at(visit: Visit, album: str) -> None:
    gallery = visit(f"?prefix={album}").settled()
    gallery.open_picture(f"{album}b-tower.png")

    gallery.page.reload()
    expect(gallery.viewer.get_by_role("heading", name="b-tower.png")).to_be_visible()
    gallery.viewer.get_by_role("button", name="Close").click()
    expect(gallery.viewer).to_be_hidden()
    expect(gallery.page).not_to_have_url(re.compile("image="))
    assert parse_qs(urlsplit(gallery.page.url).query) == {"prefix": [album]}


def test_a_search_that_is_still_being_typed_stays_when_a_filter_is_chosen(visit: Visit, album: str) -> None:
    gallery = visit().settled()

    search = gallery.page.get_by_role("searchbox", name="Names that start with")
    search.fill(album)
    gallery.page.evaluate(
        "() => { const [, one] = document.querySelectorAll('[name=status]');"
        " one.checked = true; one.dispatchEvent(new Event('input', { bubbles: true })); }"
    )

    expect(search).to_have_value(album)
    expect(gallery.page).to_have_url(re.compile("prefix=.*status=compressed"))


def test_search_by_prefix_finds_names_that_start_so(visit: Visit, album: str) -> None:
    gallery = visit().settled()

    gallery.page.get_by_role("searchbox", name="Names that start with").fill(f"{album}b")

    expect(gallery.page.locator("#grid [data-id]")).to_have_count(1)
    assert gallery.names() == [f"{album}b-tower.png"]
    expect(gallery.page.get_by_label("Order")).to_be_disabled()
    expect(gallery.page.get_by_label("Order")).to_have_value("name")


@pytest.mark.parametrize(
    ("status", "names"),
    [("Failed", ["d-broken.jpg"]), ("Compressed", ["a-lake.jpg", "b-tower.png", "c-scan.tif"])],
)
def test_a_status_filters(visit: Visit, album: str, status: str, names: list[str]) -> None:
    gallery = visit(f"?prefix={album}").settled()

    gallery.page.get_by_role("radio", name=status).check(force=True)

    expect(gallery.page.locator("#grid [data-id]")).to_have_count(len(names))
    assert gallery.names() == [album + name for name in names]


def test_only_the_last_of_quick_choices_of_a_format_filters_and_back_takes_it_off(
    visit: Visit, album: str
) -> None:
    gallery = visit(f"?prefix={album}").settled()
    formats = gallery.page.get_by_label("Format")

    for choice in ("JPEG", "WebP", "", "PNG"):
        formats.select_option(choice)
    expect(gallery.page.locator("#grid [data-id]")).to_have_count(1)
    assert gallery.settled().names() == [f"{album}b-tower.png"]
    gallery.page.go_back()

    expect(gallery.page.locator("#grid [data-id]")).to_have_count(4)
    expect(formats).to_have_value("")


def test_the_order_is_newest_oldest_or_by_name(visit: Visit, deployed: Deployed, folder: str) -> None:
    deployed.upload(f"{folder}first.jpg", picture(60, 40, "JPEG"))
    deployed.upload(f"{folder}second.jpg", picture(60, 40, "JPEG", 90))
    gallery = visit().settled()

    assert gallery.names()[:2] == [f"{folder}second.jpg", f"{folder}first.jpg"]
    gallery.page.get_by_label("Order").select_option("Oldest first")
    expect(gallery.page.locator("#grid [data-id]").first).not_to_have_attribute(
        "title", f"{folder}second.jpg"
    )
    oldest = gallery.settled().names()
    gallery.page.get_by_label("Order").select_option("By name")
    expect(gallery.page).to_have_url(f"{gallery.url}/?order=name")
    by_name = gallery.settled().names()

    assert f"{folder}first.jpg" not in oldest[:1]
    assert by_name == sorted(by_name)


@pytest.mark.parametrize(
    ("label", "choice", "address"),
    [("Format", "JPEG", "format=jpeg"), ("Order", "Oldest first", "order=oldest")],
)
def test_a_choice_made_at_the_bottom_shows_the_lists_start_and_asks_for_that_alone(
    visit: Visit, album: str, label: str, choice: str, address: str
) -> None:
    gallery = visit()
    asked = gallery.list_many(400, like=album)
    gallery.open()
    while len(asked) < 4:
        gallery.quiet().page.evaluate("scrollTo(0, document.body.scrollHeight)")
    gallery.quiet()
    asked.clear()

    gallery.page.get_by_label(label).select_option(choice)
    expect(gallery.page).to_have_url(re.compile(address))
    gallery.quiet()

    expect(gallery.card("0000.jpg")).to_be_in_viewport()
    assert len(asked) == 1


def test_a_button_loads_more_where_the_browser_does_not_watch_scrolling(visit: Visit, album: str) -> None:
    gallery = visit()
    gallery.page.route(
        "**/images?*", lambda route: route.continue_(url=route.request.url.replace("limit=40", "limit=2"))
    )
    gallery.page.add_init_script("window.IntersectionObserver = class { observe() {} unobserve() {} };")
    gallery.open(f"?prefix={album}")
    expect(gallery.page.locator("#grid [data-id]")).to_have_count(2)

    gallery.button("Load more").click()

    expect(gallery.page.locator("#grid [data-id]")).to_have_count(4)
