"""The bars of the header: what each day saved, and the way to its pictures."""

from datetime import date, timedelta
from typing import Any

from playwright.sync_api import expect

from tests.conftest import Deployed
from tests.e2e.conftest import Gallery, Visit
from tests.e2e.test_gallery_access import faults


def group(day: date, images: int = 1) -> dict[str, Any]:
    sums = {"bytesBefore": 2000 * images, "bytesAfter": 1000 * images, "bytesSaved": 1000 * images}
    return {"name": day.isoformat(), "images": images, "failures": 0, **sums}


def counted(gallery: Gallery, groups: list[dict[str, Any]]) -> Gallery:
    """Have the API count other days."""
    answer = group(date.min) | {"groups": groups}
    gallery.page.route("**/stats?by=day", lambda route: route.fulfill(json=answer))
    return gallery


def test_a_bar_leads_to_the_pictures_of_its_day_and_back_leads_to_all(
    visit: Visit, album: str, deployed: Deployed
) -> None:
    record = deployed.record(f"{album}a-lake.jpg")
    assert record
    today = date.fromisoformat(record["resizedAt"][:10])
    days = [group(today - timedelta(days=1)), group(today, images=4)]
    gallery = counted(visit(), days).open(f"?prefix={album}").settled()
    bars = gallery.page.get_by_role("navigation", name="Days")
    expect(bars.get_by_role("link")).to_have_count(2)
    expect(bars.get_by_role("link").last).to_have_accessible_name(
        f"{today:%B} {today.day}, {today.year}: 4 pictures, 8 kB pressed into 4 kB"
    )
    assert faults(gallery) == []

    bars.get_by_role("link").first.click()
    expect(gallery.page.locator("#grid [data-id]")).to_have_count(0)
    expect(bars.locator("[aria-current]")).to_have_count(1)
    bars.get_by_role("link").first.press("ArrowRight")
    gallery.page.keyboard.press("Enter")
    expect(gallery.page.locator("#grid [data-id]")).to_have_count(4)
    assert f"period={today}" in gallery.page.url
    bars.get_by_role("button", name="All days").click()
    expect(bars.locator("[aria-current]")).to_have_count(0)
    gallery.page.go_back()
    expect(bars.locator("[aria-current]")).to_have_count(1)


def test_many_days_are_put_together_by_month(visit: Visit, album: str) -> None:
    first = date(2026, 1, 1)
    days = [group(first + timedelta(days=number)) for number in range(90)]
    gallery = counted(visit(), days).open(f"?prefix={album}").settled()
    bars = gallery.page.get_by_role("navigation", name="Days").get_by_role("link")

    expect(bars).to_have_count(3)
    expect(bars.nth(1)).to_have_accessible_name("February 2026: 28 pictures, 56 kB pressed into 28 kB")
    with gallery.page.expect_request("**/images?*") as asked:
        bars.nth(1).click()

    assert "since=2026-02-01&until=2026-03-01" in asked.value.url
