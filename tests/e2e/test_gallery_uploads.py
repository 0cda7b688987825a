"""Uploads in the gallery: what is refused, whose name is taken, what is cancelled or breaks off, and many at once."""

from unicodedata import normalize

import pytest
from playwright.sync_api import Dialog, Route, expect

from tests.conftest import SOURCE, Deployed
from tests.e2e.conftest import Gallery, Visit, jpeg, png, text
from tools.local_stack import LocalStack, served_with

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

    gallery.upload()
    expect(gallery.page.locator("#tray")).to_be_hidden()
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


@pytest.mark.parametrize(
    "name",
    ["a b+c%20.jpg", "\N{CAT FACE} & u\u0308ber.jpg", "quote ' and ().jpg", "\u56fe\u7247.jpg"],
)
def test_odd_names_arrive_as_they_are_but_composed(
    gallery: Gallery, deployed: Deployed, folder: str, name: str
) -> None:
    kept = normalize("NFC", name)
    gallery.upload(jpeg(name, 60, 40))

    expect(gallery.row(folder + kept)).to_contain_text("% saved")
    assert deployed.s3.head_object(Bucket=SOURCE, Key=folder + kept)["ContentType"] == "image/jpeg"
    gallery.open_picture(folder + kept)
    expect(gallery.viewer.get_by_alt_text(f"{kept}, compressed")).to_have_js_property("naturalWidth", 60)


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
