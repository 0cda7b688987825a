"""Uploads in the gallery: what is refused, whose name is taken, what is cancelled or breaks off, and many at once."""

import json
import re
from collections.abc import Callable

import pytest
from playwright.sync_api import Dialog, Route, expect

from tests.conftest import SOURCE, Deployed
from tests.e2e.conftest import Gallery, broken, jpeg, png, text
from tools.local_stack import LocalStack, served_with

Visit = Callable[..., Gallery]

TO_S3 = "**/source-image"

DROP = """
([name, bytes]) => {
    const transfer = new DataTransfer();
    transfer.items.add(new File([new Uint8Array(bytes)], name, { type: 'image/jpeg' }));
    const dragEvent = (kind) => new DragEvent(kind, { dataTransfer: transfer, bubbles: true, cancelable: true });
    document.body.dispatchEvent(dragEvent('dragenter'));
    const isInvited = !document.getElementById('drop').hidden;
    document.body.dispatchEvent(dragEvent('drop'));
    return isInvited;
}
"""
PASTE = """
(bytes) => {
    const clipboard = new DataTransfer();
    clipboard.items.add(new File([new Uint8Array(bytes)], 'image.png', { type: 'image/png' }));
    document.dispatchEvent(new ClipboardEvent('paste', { clipboardData: clipboard, bubbles: true }));
}
"""


def test_dropped_files_are_uploaded(gallery: Gallery, folder: str) -> None:
    gallery.page.wait_for_load_state("networkidle")  # it has loaded what uploads

    invited = gallery.page.evaluate(DROP, ["dropped.jpg", list(jpeg("dropped.jpg")["buffer"])])

    assert invited
    expect(gallery.row(f"{folder}dropped.jpg")).to_contain_text("% saved")
    expect(gallery.page.locator("#drop")).to_be_hidden()


def test_a_pasted_picture_is_given_a_name(gallery: Gallery, folder: str) -> None:
    gallery.page.wait_for_load_state("networkidle")  # it has loaded what uploads

    gallery.page.evaluate(PASTE, list(png("image.png")["buffer"]))

    expect(gallery.page.locator(".upload")).to_contain_text(f"{folder}pasted 2")
    expect(gallery.page.locator(".upload")).to_contain_text("% saved")


def test_file_that_is_not_a_picture_is_refused_before_it_is_sent(gallery: Gallery, folder: str) -> None:
    sent: list[str] = []
    gallery.page.on("request", lambda request: sent.append(request.url) if request.method == "POST" else None)

    gallery.upload(
        text("notes.txt"),
        {"name": "drawing.svg", "mimeType": "image/svg+xml", "buffer": b"<svg/>"},
        {"name": "empty.jpg", "mimeType": "image/jpeg", "buffer": b""},
    )

    expect(gallery.row(f"{folder}notes.txt")).to_contain_text("can be compressed")
    expect(gallery.row(f"{folder}drawing.svg")).to_contain_text("can be compressed")
    expect(gallery.row(f"{folder}empty.jpg")).to_contain_text("The file is empty.")
    assert sent == []


def test_what_is_too_large_is_refused_with_both_sizes(visit: Visit, stack: LocalStack, folder: str) -> None:
    with served_with(stack, {"MAX_SOURCE_BYTES": "2000"}) as api:
        gallery = visit(f"?prefix={folder}", api).settled()

        gallery.upload(jpeg("large.jpg"))

        expect(gallery.row(f"{folder}large.jpg")).to_contain_text("Too large: ")
        expect(gallery.row(f"{folder}large.jpg")).to_contain_text("where 2 kB are allowed")


def test_nothing_is_uploaded_without_a_file(visit: Visit) -> None:
    gallery = visit().settled()

    gallery.upload()

    expect(gallery.page.locator("#tray")).to_be_hidden()


@pytest.mark.parametrize(
    "name", ["a b+c%20.jpg", "\N{CAT FACE} & \u00fcber.jpg", "quote ' and ().jpg", "\u56fe\u7247.jpg"]
)
def test_odd_names_arrive_as_they_are(gallery: Gallery, deployed: Deployed, folder: str, name: str) -> None:
    gallery.upload(jpeg(name, 60, 40))

    expect(gallery.row(folder + name)).to_contain_text("% saved")
    assert deployed.record(folder + name)
    gallery.open_picture(folder + name)
    expect(gallery.viewer.get_by_alt_text(f"{name}, compressed")).to_have_js_property("naturalWidth", 60)


def test_a_decomposed_name_is_composed(gallery: Gallery, deployed: Deployed, folder: str) -> None:
    gallery.upload(jpeg("u\u0308ber.jpg", 60, 40))

    expect(gallery.row(f"{folder}\u00fcber.jpg")).to_contain_text("% saved")
    assert deployed.record(f"{folder}\u00fcber.jpg")


def test_a_taken_name_can_be_kept_beside(visit: Visit, deployed: Deployed, folder: str) -> None:
    before = deployed.upload(f"{folder}cat.jpg", jpeg("cat.jpg", 80, 60)["buffer"])
    gallery = visit(f"?prefix={folder}").settled()

    gallery.upload(jpeg("cat.jpg", 200, 100))
    expect(gallery.row(f"{folder}cat.jpg")).to_contain_text("There is a picture of this name.")
    gallery.forgive("409")
    gallery.button(f"Keep both: {folder}cat.jpg").click()

    expect(gallery.row(f"{folder}cat (2).jpg")).to_contain_text("% saved")
    assert deployed.record(f"{folder}cat.jpg") == before


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


def test_many_taken_names_are_answered_at_once(visit: Visit, deployed: Deployed, folder: str) -> None:
    for name in ("a.jpg", "b.jpg"):
        deployed.upload(folder + name, jpeg(name, 80, 60)["buffer"])
    gallery = visit(f"?prefix={folder}").settled()
    gallery.upload(jpeg("a.jpg", 90, 60), jpeg("b.jpg", 90, 60))
    expect(gallery.page.locator("[data-state=clash]")).to_have_count(2)
    gallery.forgive("409")

    gallery.button("Keep both of all").click()

    expect(gallery.row(f"{folder}a (2).jpg")).to_contain_text("% saved")
    expect(gallery.row(f"{folder}b (2).jpg")).to_contain_text("% saved")


def test_an_upload_shows_its_progress_and_can_be_cancelled(
    gallery: Gallery, deployed: Deployed, folder: str
) -> None:
    gallery.page.route(TO_S3, lambda _: None)  # it stays on its way

    with gallery.page.expect_request(TO_S3):
        gallery.upload(jpeg("long.jpg"))
    expect(gallery.page.get_by_role("progressbar", name=f"Upload of {folder}long.jpg")).to_be_visible()
    gallery.button(f"Cancel: {folder}long.jpg").click()

    expect(gallery.row(f"{folder}long.jpg")).to_contain_text("Cancelled")
    assert deployed.s3.list_objects_v2(Bucket=SOURCE, Prefix=folder)["KeyCount"] == 0


def test_progress_grows_with_what_was_sent(gallery: Gallery, folder: str) -> None:
    network = gallery.page.context.new_cdp_session(gallery.page)
    network.send(
        "Network.emulateNetworkConditions",
        {"offline": False, "latency": 0, "downloadThroughput": -1, "uploadThroughput": 150_000},
    )

    gallery.upload(jpeg("slow.jpg", 2400, 1600))

    bar = gallery.page.get_by_role("progressbar", name=f"Upload of {folder}slow.jpg")
    seen = [float(bar.get_attribute("value") or 0)]
    while len(seen) < 4:
        expect(bar).not_to_have_js_property("value", seen[-1])
        seen.append(bar.evaluate("(bar) => bar.value"))
    assert seen == sorted(seen)
    assert 0 < seen[-1] <= 1


def test_an_upload_that_broke_off_is_retried(gallery: Gallery, folder: str) -> None:
    gallery.page.route(TO_S3, lambda route: route.abort("connectionreset"))
    gallery.upload(jpeg("retried.jpg"))
    expect(gallery.row(f"{folder}retried.jpg")).to_contain_text("The connection broke off")
    gallery.forgive("ERR_CONNECTION_RESET")

    gallery.page.unroute(TO_S3)
    gallery.button(f"Retry: {folder}retried.jpg").click()

    expect(gallery.row(f"{folder}retried.jpg")).to_contain_text("% saved")


def test_thirty_files_at_once_all_arrive_a_few_at_a_time(gallery: Gallery, folder: str) -> None:
    names = [f"{number:02}.jpg" for number in range(30)]
    most = 0

    def count(_: Route) -> None:
        nonlocal most
        most = max(most, gallery.page.locator("[data-state=sending]").count())
        _.continue_()

    gallery.page.route(TO_S3, count)
    gallery.upload(*(jpeg(name, 60, 40, 12 * number) for number, name in enumerate(names)))

    expect(gallery.page.get_by_role("heading", name="30 pictures compressed")).to_be_visible(timeout=120_000)
    in_sight = gallery.names()
    assert in_sight == [folder + name for name in names[: len(in_sight)]]
    assert 1 <= most <= 3


def test_leaving_the_page_while_it_uploads_is_asked_about(gallery: Gallery, folder: str) -> None:
    gallery.page.route(TO_S3, lambda _: None)
    asked: list[str] = []

    def leave(dialog: Dialog) -> None:
        asked.append(dialog.type)
        dialog.accept()

    gallery.page.on("dialog", leave)
    gallery.upload(jpeg("unsent.jpg"))
    expect(gallery.page.locator("[data-state=sending]")).to_have_count(1)

    gallery.page.locator("h1").click()  # browsers ask those alone who did something
    gallery.page.reload()

    assert asked == ["beforeunload"]


def test_a_very_long_key_is_followed_too(visit: Visit, folder: str) -> None:
    long = folder + "/".join(["d" * 190] * 5) + "/"
    name = "n" * (1_010 - len(long) - 4) + ".jpg"
    gallery = visit(f"?prefix={long}").settled()

    gallery.upload(jpeg(name, 60, 40))

    expect(gallery.row(long + name)).to_contain_text("% saved")


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


def test_the_row_of_a_picture_that_was_deleted_says_so(gallery: Gallery, folder: str) -> None:
    gallery.upload(jpeg("gone.jpg"))
    gallery.button(f"Show: {folder}gone.jpg").click()

    gallery.viewer.get_by_role("button", name="Delete …").click()
    gallery.page.get_by_role("dialog", name="Delete gone.jpg?").get_by_role("button", name="Delete").click()

    expect(gallery.row(f"{folder}gone.jpg")).to_contain_text("Deleted")
    expect(gallery.button(f"Show: {folder}gone.jpg")).to_have_count(0)


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


def test_show_shows_what_a_picture_has_become(gallery: Gallery, folder: str) -> None:
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


def test_a_name_that_is_taken_is_not_counted_as_done(visit: Visit, deployed: Deployed, folder: str) -> None:
    deployed.upload(f"{folder}cat.jpg", jpeg("cat.jpg", 80, 60)["buffer"])
    gallery = visit(f"?prefix={folder}").settled()
    gallery.page.route(TO_S3, lambda _: None)  # they stay on their way

    gallery.upload(jpeg("cat.jpg"), jpeg("dog.jpg"), text("a.txt"))

    expect(gallery.page.locator("[data-state=clash]")).to_have_count(1)
    expect(gallery.page.get_by_role("heading", name="Uploading: 1 of 3 done")).to_be_visible()
    gallery.forgive("409")


def test_clear_keeps_names_that_still_wait_for_an_answer(
    visit: Visit, deployed: Deployed, folder: str
) -> None:
    deployed.upload(f"{folder}cat.jpg", jpeg("cat.jpg", 80, 60)["buffer"])
    gallery = visit(f"?prefix={folder}").settled()
    gallery.upload(jpeg("cat.jpg"), text("a.txt"))
    expect(gallery.page.get_by_role("heading", name="1 refused, 1 name taken")).to_be_visible()

    gallery.button("Clear").click()

    expect(gallery.page.locator(".upload")).to_have_count(1)
    expect(gallery.button("Clear")).to_be_hidden()
    gallery.button(f"Keep both: {folder}cat.jpg").click()
    expect(gallery.row(f"{folder}cat (2).jpg")).to_contain_text("% saved")
    gallery.forgive("409")


def test_the_tray_counts_failures_first_and_refusals_apart(gallery: Gallery, folder: str) -> None:
    gallery.upload(jpeg("good.jpg"), broken("bad.jpg"), text("a.txt"), text("b.txt"))

    heading = gallery.page.locator("#tray").get_by_role("heading")
    expect(heading).to_have_text("1 failed, 2 refused, 1 picture compressed")


def test_new_rows_are_in_sight_however_many_there_are_already(gallery: Gallery, folder: str) -> None:
    gallery.upload(*(text(f"{number}.txt") for number in range(20)))
    expect(gallery.page.locator(".upload")).to_have_count(20)
    gallery.page.route(TO_S3, lambda _: None)  # they stay on their way

    gallery.upload(*(jpeg(f"new-{number}.jpg", 60, 40) for number in range(20)))

    expect(gallery.row(f"{folder}new-0.jpg")).to_be_in_viewport()
    expect(gallery.page.locator("#tray h2")).to_be_in_viewport()
