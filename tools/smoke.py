"""`make smoke STAGE=dev`: upload, read and delete one image through the deployed API, and leave nothing behind.

`API` is the URL of the API, by default of the local stack. `TOKEN` is a token that writes, if the API asks for one.
"""

import json
import os
import time
from collections.abc import Callable
from io import BytesIO
from typing import Any
from uuid import uuid4

import urllib3
from PIL import Image

from tools.chalice_config import read_stage
from tools.deploy.records import read_deployed
from tools.errors import ToolError, exit_on_errors
from tools.server import PROJECT

_SECONDS = 60


def find_api(stage: str) -> str:
    """Return the URL of a stage's API.

    Raises:
        ToolError: The stage is not deployed.
    """
    if url := os.environ.get("API"):
        return url.rstrip("/")
    if stage == "local":
        return f"http://127.0.0.1:{os.environ.get('PORT') or 8000}"
    read_stage(PROJECT, stage)
    deployed = read_deployed(PROJECT, stage)
    if "rest_api" not in deployed:
        raise ToolError(f"Stage {stage} has no API: run make deploy STAGE={stage} first.")
    return str(deployed["rest_api"]["rest_api_url"]).rstrip("/")


def check(api: str, token: str, show: Callable[[str], None]) -> None:
    """Use every public interface once.

    Args:
        api: The URL of the API.
        token: A token that writes, or nothing.
        show: Prints a line.

    Raises:
        ToolError: A step did not do what it should.
    """
    key = f"smoke/{uuid4().hex}.jpg"
    photo = BytesIO()
    Image.effect_noise((1600, 1200), 60).convert("RGB").save(photo, "JPEG", quality=95)

    def call(method: str, path: str, body: Any = None) -> Any:
        headers = {"Content-Type": "application/json"} | (
            {"Authorization": f"Bearer {token}"} if token else {}
        )
        data = None if body is None else json.dumps(body).encode()
        return json.loads(_send(method, f"{api}{path}", data, headers))

    show(f"health: {call('GET', '/health')['status']}")
    upload = {"key": key, "contentType": "image/jpeg", "size": len(photo.getvalue())}
    form = call("POST", "/uploads", upload)
    put = form["put"]
    _send("PUT", put["url"], photo.getvalue(), put["headers"])
    show(f"uploaded: {key}")
    image = _wait(
        lambda: call("GET", f"/images/{form['imageId']}"), lambda found: found["status"] != "pending"
    )
    show(f"{image['status']}: {image['sizeOriginal']:,} to {image.get('sizeCompressed', 0):,} bytes")
    try:
        if image["status"] != "compressed":
            raise ToolError(f"{key} was not compressed: {image['error']['message']}")
        file = call("GET", f"/images/{form['imageId']}/file?redirect=false")
        size = len(_send("GET", file["url"]))
        show(f"fetched: {size:,} bytes")
        listed = call("GET", f"/images?prefix={key}&limit=1")["images"]
        show(f"listed: {len(listed)}, in all {call('GET', '/stats')['images']}")
    finally:
        call("DELETE", f"/images/{form['imageId']}")
    _wait(lambda: call("GET", f"/images?prefix={key}"), lambda found: not found["images"])
    show("deleted: nothing is left")


def _send(method: str, url: str, body: bytes | None = None, headers: dict[str, str] | None = None) -> bytes:
    answer = urllib3.request(method, url, body=body, headers=headers, timeout=30)
    if answer.status == 404:  # not recorded yet, or deleted
        return b'{"status": "pending", "images": []}'
    if answer.status >= 400:
        detail = answer.data.decode(errors="replace").strip()
        raise ToolError(f"{method} {url.partition('?')[0]}: {answer.status} {detail}")
    return answer.data


def _wait(ask: Callable[[], Any], holds: Callable[[Any], bool]) -> Any:
    deadline = time.monotonic() + _SECONDS
    while not holds(found := ask()):
        if time.monotonic() > deadline:
            raise ToolError(f"There was no result within {_SECONDS} seconds: see the log of compress.")
        time.sleep(0.3)
    return found


def main() -> None:
    """Check a stage."""
    with exit_on_errors("Stopped."):
        api = find_api(os.environ.get("STAGE") or "local")
        print(f"API: {api}")
        check(api, os.environ.get("TOKEN", ""), print)


if __name__ == "__main__":
    main()
