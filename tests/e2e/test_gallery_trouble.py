"""The gallery where something is missing: the connection, the API, a URL that has ended, any picture at all."""

import json
import time
from urllib.parse import urlsplit

from botocore.config import Config
from playwright.sync_api import Page, Route, expect

from tests.conftest import DESTINATION, SOURCE, Deployed
from tests.e2e.conftest import Gallery, Visit, jpeg
from tools.local_stack import LocalStack
from tools.pictures import picture


def test_a_search_through_pages_without_a_match_is_seen_to_go_on_and_ends_with_the_question(
    visit: Visit, album: str
) -> None:
    gallery = visit(f"?prefix={album}").settled()
    asked: list[str] = []

    def nothing(route: Route) -> None:
        asked.append(route.request.url)
        time.sleep(0.05)
        route.fulfill(json={"images": [], "nextCursor": "more"})

    gallery.page.route("**/images?*format=gif*", nothing)
    gallery.page.get_by_label("Format").select_option("GIF")
    gallery.until(lambda: len(asked) > 3)
    expect(gallery.page.locator(".skeleton").first).to_be_visible()
    expect(gallery.page.locator("#live")).to_contain_text("Still looking")

    gallery.page.get_by_label("Format").select_option("PNG")

    expect(gallery.page.locator("#grid [data-id]")).to_have_count(1)
    before = len(asked)
    gallery.quiet()
    assert len(asked) == before


def test_address_with_unknown_values_shows_why_it_is_refused(visit: Visit, album: str) -> None:
    gallery = visit(f"?prefix={album}&status=odd")
    expect(gallery.page.get_by_role("heading", name="The pictures cannot be listed")).to_be_visible()
    expect(gallery.main).to_contain_text("status")
    gallery.forgive("400")

    gallery.page.get_by_role("radio", name="Failed").check(force=True)

    expect(gallery.page.locator("#grid [data-id]")).to_have_count(1)


def test_failure_of_the_api_is_shown_and_retried(visit: Visit, album: str) -> None:
    gallery = visit()
    gallery.page.route(
        "**/images?*", lambda route: route.fulfill(status=502, json={"message": "Bad gateway"})
    )
    gallery.open(f"?prefix={album}")
    expect(gallery.page.get_by_role("heading", name="The pictures cannot be listed")).to_be_visible()
    expect(gallery.page.get_by_role("main")).to_contain_text("Bad gateway")
    gallery.forgive("502")

    gallery.page.unroute("**/images?*")
    gallery.button("Try again").press("Enter")

    expect(gallery.page.locator("#grid [data-id]")).to_have_count(4)
    expect(gallery.main).to_be_focused()


def test_a_passing_fault_of_the_api_is_not_even_shown(visit: Visit, album: str) -> None:
    gallery = visit()
    faults = [429, 503]

    def stumble(route: Route) -> None:
        route.fulfill(status=faults.pop(), json={"message": "busy"}) if faults else route.continue_()

    gallery.page.route("**/images?*", stumble)
    gallery.open(f"?prefix={album}")

    expect(gallery.page.locator("#grid [data-id]")).to_have_count(4)
    expect(gallery.page.locator("#notice")).to_be_hidden()
    gallery.forgive("429", "503")


def test_the_headline_is_whole_when_the_totals_fail(visit: Visit, album: str) -> None:
    gallery = visit()
    gallery.page.route("**/stats", lambda route: route.fulfill(status=500, json={"message": "broken"}))
    gallery.open(f"?prefix={album}")

    expect(gallery.page.locator("#totals")).to_have_text("Every picture, a little lighter.")
    expect(gallery.page.locator("#aside")).to_have_text("The totals are not available now")
    gallery.forgive("500")


def test_offline_keeps_what_is_here_and_goes_on_by_itself(visit: Visit, album: str) -> None:
    gallery = visit(f"?prefix={album}").settled()
    gallery.page.wait_for_load_state("networkidle")  # it has loaded what it may need

    gallery.page.context.set_offline(True)
    expect(gallery.page.get_by_text("You are offline.")).to_be_visible()
    assert len(gallery.names()) == 4
    gallery.page.get_by_label("Format").select_option("PNG")
    expect(gallery.page.get_by_role("heading", name="The pictures cannot be listed")).to_be_visible()
    gallery.page.context.set_offline(False)

    expect(gallery.page.locator("#grid [data-id]")).to_have_count(1)
    expect(gallery.page.get_by_text("You are offline.")).to_be_hidden()
    gallery.forgive("ERR_INTERNET_DISCONNECTED")  # of whatever it asked for meanwhile


def test_an_upload_offline_can_be_retried(gallery: Gallery, folder: str) -> None:
    gallery.page.wait_for_load_state("networkidle")  # it has loaded what uploads
    gallery.page.context.set_offline(True)
    gallery.upload(jpeg("later.jpg"))
    expect(gallery.row(f"{folder}later.jpg")).to_contain_text("You are offline.")

    gallery.page.context.set_offline(False)
    gallery.button(f"Retry: {folder}later.jpg").click()

    expect(gallery.row(f"{folder}later.jpg")).to_contain_text("% saved")
    gallery.forgive("ERR_INTERNET_DISCONNECTED")


def give_ended_urls(page: Page, stack: LocalStack) -> None:
    """Have every list of images come with presigned URLs that are no longer good."""

    s3 = stack.session.client("s3", endpoint_url=stack.endpoint, config=Config(signature_version="s3v4"))

    def ended(bucket: str, key: str) -> str:
        return s3.generate_presigned_url("get_object", Params={"Bucket": bucket, "Key": key}, ExpiresIn=1)

    def replace(route: Route) -> None:
        answer = route.fetch()
        body = answer.json()
        for image in body["images"]:
            image["urls"]["original"] = ended(SOURCE, image["sourceKey"])
            if "destKey" in image:
                image["urls"]["compressed"] = ended(DESTINATION, image["destKey"])
                image["srcset"] = f"{image['urls']['compressed']} {image['width']}w"
        time.sleep(2)
        route.fulfill(response=answer, body=json.dumps(body))

    page.route("**/images?*", replace)


def test_pictures_whose_urls_have_ended_get_fresh_ones(
    visit: Visit, stack: LocalStack, deployed: Deployed, folder: str
) -> None:
    deployed.upload(f"{folder}old.jpg", picture(300, 200, "JPEG"))
    gallery = visit()
    failed: list[str] = []
    gallery.page.on(
        "requestfailed",
        lambda request: failed.append(request.url) if request.resource_type == "image" else None,
    )
    give_ended_urls(gallery.page, stack)
    gallery.open(f"?prefix={folder}").settled()

    thumbnail = gallery.card(f"{folder}old.jpg").locator("img")

    expect(thumbnail).to_have_js_property("naturalWidth", 360)  # as wide as it is to be shown
    viewer = gallery.open_picture(f"{folder}old.jpg")
    expect(viewer.get_by_alt_text("old.jpg, original")).to_have_js_property("naturalWidth", 300)
    assert [urlsplit(url).path for url in failed] == [f"/{DESTINATION}/{folder}resized-old.jpg"]


def test_an_original_that_is_gone_from_its_bucket_is_not_compared(
    visit: Visit, deployed: Deployed, folder: str
) -> None:
    deployed.upload(f"{folder}lost.jpg", picture(300, 200, "JPEG"))
    gallery = visit()
    gallery.page.route("**/source-image/**", lambda route: route.fulfill(status=404))
    gallery.open(f"?prefix={folder}").settled()

    viewer = gallery.open_picture(f"{folder}lost.jpg")

    expect(viewer).to_contain_text("the original cannot be shown here")
    expect(viewer.get_by_role("slider")).to_have_count(0)
    gallery.forgive("404")
