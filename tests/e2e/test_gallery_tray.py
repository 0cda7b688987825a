"""What the tray says of uploads that are followed, refused, deleted or named like another picture."""

import json
import re

from playwright.sync_api import Route, expect

from tests.conftest import Deployed
from tests.e2e.conftest import Gallery, Visit, jpeg, text

TO_S3 = "**/source-image"


def test_a_taken_name_can_be_replaced(visit: Visit, deployed: Deployed, folder: str) -> None:
    deployed.upload(f"{folder}cat.jpg", jpeg("cat.jpg", 80, 60)["buffer"])
    gallery = visit(f"?prefix={folder}").settled()

    gallery.upload(jpeg("cat.jpg", 200, 100))
    gallery.button(f"Replace: {folder}cat.jpg").click()
    gallery.forgive("409")

    expect(gallery.row(f"{folder}cat.jpg")).to_contain_text("% saved")
    record = deployed.record(f"{folder}cat.jpg")
    assert record
    assert record["originalWidth"] == 200


def test_the_same_file_twice_at_once_is_a_clash(gallery: Gallery, folder: str) -> None:
    gallery.upload(jpeg("twin.jpg"), jpeg("twin.jpg"))
    gallery.button(f"Keep both: {folder}twin.jpg").click()

    expect(gallery.row(f"{folder}twin.jpg")).to_contain_text("% saved")
    expect(gallery.row(f"{folder}twin (2).jpg")).to_contain_text("% saved")


def test_refused_upload_is_not_polled(gallery: Gallery, folder: str) -> None:
    asked: list[str] = []

    def refuse(route: Route) -> None:
        asked.append(route.request.url)
        route.fulfill(status=403, json={"detail": "No more of this."})

    gallery.page.route(re.compile("ids="), refuse)
    gallery.upload(jpeg("followed.jpg"))

    expect(gallery.row(f"{folder}followed.jpg")).to_contain_text("No more of this.")
    expect(gallery.page.get_by_role("heading", name="1 refused")).to_be_visible()
    gallery.page.wait_for_timeout(2_000)  # longer than it waits between two looks
    assert len(asked) == 1
    gallery.forgive("403")


def test_a_passing_fault_does_not_end_what_is_followed(gallery: Gallery, folder: str) -> None:
    faults = [True, True]

    def stumble(route: Route) -> None:
        route.abort() if faults and faults.pop() else route.continue_()

    gallery.page.route(re.compile("ids="), stumble)
    gallery.upload(jpeg("followed.jpg"))

    expect(gallery.row(f"{folder}followed.jpg")).to_contain_text("% saved")
    gallery.forgive("ERR_FAILED")


def test_show_finds_out_that_a_picture_was_deleted_elsewhere(
    gallery: Gallery, deployed: Deployed, folder: str
) -> None:
    gallery.upload(jpeg("gone.jpg"))
    expect(gallery.row(f"{folder}gone.jpg")).to_contain_text("% saved")
    gallery.page.get_by_label("Format").select_option("PNG")  # so that the list does not hold it
    expect(gallery.page.get_by_role("heading", name="Nothing matches")).to_be_visible()
    deployed.delete(f"{folder}gone.jpg")

    gallery.button(f"Show: {folder}gone.jpg").click()

    expect(gallery.page.get_by_text("This picture is not there any more.")).to_be_visible()
    expect(gallery.row(f"{folder}gone.jpg")).to_contain_text("Deleted")
    expect(gallery.viewer).to_be_hidden()
    gallery.forgive("404")


def test_show_shows_what_a_picture_has_become_until_it_is_deleted(gallery: Gallery, folder: str) -> None:
    gallery.upload(jpeg("again.jpg"))
    gallery.button(f"Show: {folder}again.jpg").click()

    def smaller(route: Route) -> None:
        answer = route.fetch()
        route.fulfill(response=answer, body=json.dumps(answer.json() | {"sizeCompressed": 1234}))

    gallery.page.route("**/images/*?urls=true", smaller)
    gallery.viewer.get_by_role("button", name="Compress again").click()
    expect(gallery.viewer).to_contain_text("again.jpg was compressed again: 1.23 kB")
    gallery.viewer.get_by_role("button", name="Close").click()
    expect(gallery.viewer).to_be_hidden()
    gallery.button(f"Show: {folder}again.jpg").click()

    expect(gallery.viewer.locator(".big")).to_contain_text("1.23 kB")
    gallery.viewer.get_by_role("button", name="Delete …").click()
    gallery.page.get_by_role("dialog", name="Delete again.jpg?").get_by_role("button", name="Delete").click()

    expect(gallery.row(f"{folder}again.jpg")).to_contain_text("Deleted")
    expect(gallery.button(f"Show: {folder}again.jpg")).to_have_count(0)


def test_a_name_that_is_taken_is_not_counted_as_done(visit: Visit, deployed: Deployed, folder: str) -> None:
    deployed.upload(f"{folder}cat.jpg", jpeg("cat.jpg", 80, 60)["buffer"])
    gallery = visit(f"?prefix={folder}").settled()
    gallery.page.route(TO_S3, lambda _: None)  # they stay on their way

    gallery.upload(jpeg("cat.jpg"), jpeg("dog.jpg"), text("a.txt"))

    expect(gallery.page.locator("[data-state=clash]")).to_have_count(1)
    expect(gallery.page.get_by_role("heading", name="Uploading: 1 of 3 done")).to_be_visible()
    gallery.forgive("409")


def test_clear_keeps_a_taken_name_which_can_still_be_kept_beside(
    visit: Visit, deployed: Deployed, folder: str
) -> None:
    before = deployed.upload(f"{folder}cat.jpg", jpeg("cat.jpg", 80, 60)["buffer"])
    gallery = visit(f"?prefix={folder}").settled()
    gallery.upload(jpeg("cat.jpg"), text("a.txt"))
    expect(gallery.row(f"{folder}cat.jpg")).to_contain_text("There is a picture of this name.")
    expect(gallery.page.get_by_role("heading", name="1 refused, 1 name taken")).to_be_visible()

    gallery.button("Clear").click()

    expect(gallery.page.locator(".upload")).to_have_count(1)
    expect(gallery.button("Clear")).to_be_hidden()
    gallery.button(f"Keep both: {folder}cat.jpg").click()
    expect(gallery.row(f"{folder}cat (2).jpg")).to_contain_text("% saved")
    assert deployed.record(f"{folder}cat.jpg") == before
    gallery.forgive("409")


def test_new_rows_are_in_sight_however_many_there_are_already(gallery: Gallery, folder: str) -> None:
    gallery.upload(*(text(f"{number}.txt") for number in range(20)))
    expect(gallery.page.locator(".upload")).to_have_count(20)
    gallery.page.route(TO_S3, lambda _: None)  # they stay on their way

    gallery.upload(*(jpeg(f"new-{number}.jpg", 60, 40) for number in range(20)))

    expect(gallery.row(f"{folder}new-0.jpg")).to_be_in_viewport()
    expect(gallery.page.locator("#tray h2")).to_be_in_viewport()
