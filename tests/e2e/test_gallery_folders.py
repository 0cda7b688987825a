"""Folders in the gallery: where a search is, where a picture is, and where new pictures go."""

import re
from urllib.parse import quote

from playwright.sync_api import expect

from tests.conftest import Deployed
from tests.e2e.conftest import Visit, jpeg


def test_folders_lead_up_and_down_and_back(visit: Visit, deployed: Deployed, folder: str) -> None:
    key = f"{folder}japan/lake.jpg"
    deployed.upload(key, jpeg("lake.jpg", 60, 40)["buffer"])
    gallery = visit(f"?prefix={folder}ja").settled()
    crumbs = gallery.page.get_by_role("navigation", name="Folder")
    expect(crumbs).to_contain_text(f"New pictures go into {folder}")
    expect(gallery.card(key).get_by_role("link")).to_have_accessible_name(
        re.compile(f"^lake.jpg in {folder}japan/ JPEG, ")
    )

    gallery.open_picture(key).get_by_role("link", name=f"{folder}japan/").click()
    expect(gallery.viewer).to_be_hidden()
    expect(crumbs.get_by_role("link")).to_have_text(["All pictures", folder[:-1], "japan"])
    crumbs.get_by_role("link", name=folder[:-1]).click()
    expect(gallery.page).to_have_url(f"{gallery.url}/?prefix={quote(folder, safe='')}")
    gallery.page.go_back()
    expect(gallery.page.get_by_role("searchbox")).to_have_value(f"{folder}japan/")

    gallery.upload(jpeg("hill.jpg", 60, 40))
    expect(gallery.page.get_by_text(f"New pictures go into {folder}japan/").last).to_be_visible()
    expect(gallery.row(f"{folder}japan/hill.jpg")).to_contain_text("% saved")


def test_a_search_finds_file_names_in_every_folder_whatever_their_case(
    visit: Visit, deployed: Deployed, folder: str
) -> None:
    start = folder.removeprefix("gallery-").rstrip("/")
    keys = [f"{folder}{start}-Friends.jpg", f"{folder}deep/{start.upper()}.jpg"]
    for key in (*keys, f"{folder}un{start}.jpg"):
        deployed.upload(key, jpeg("x.jpg", 60, 40)["buffer"])
    gallery = visit().settled()

    gallery.page.get_by_role("searchbox").fill(start)

    expect(gallery.page.locator("#grid [data-id]")).to_have_count(2)
    for key in keys:
        expect(gallery.card(key)).to_be_visible()
    gallery.upload(jpeg(f"{start}-new.jpg", 60, 40), jpeg("other.jpg", 60, 40))
    expect(gallery.row("other.jpg")).to_contain_text("% saved")
    expect(gallery.card(f"{start}-new.jpg")).to_be_visible()
    expect(gallery.card("other.jpg")).to_have_count(0)
