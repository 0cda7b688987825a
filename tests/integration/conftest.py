"""The routes of app.py through Chalice's test client, on the emulated table and buckets."""

import json
import os
from collections.abc import Callable, Iterator
from typing import Any
from urllib.parse import urlencode

import pytest
from chalice.test import Client, HTTPResponse
from mypy_boto3_s3 import S3Client

from chalicelib import pipeline, settings
from chalicelib.aws.records_table import RecordsTable
from chalicelib.settings import Settings
from tests.conftest import Deployed
from tests.fixtures.library import Library
from tools.pictures import picture

KEYS = ["api/one.jpg", "api/two.png", "api/three & four.jpg"]


class Api:
    """Calls routes, as a client does; what a test does not say is left out."""

    def __init__(self, client: Client) -> None:
        self._http = client.http
        self.client = client

    def get(self, path: str, /, **query: str) -> HTTPResponse:
        return self._http.get(f"{path}?{urlencode(query)}" if query else path)

    def post(self, path: str, body: Any = None) -> HTTPResponse:
        return self._http.post(
            path, headers={"Content-Type": "application/json"}, body=json.dumps(body).encode()
        )

    def request(self, method: str, path: str, headers: dict[str, str] | None = None) -> HTTPResponse:
        return self._http.request(method, path, headers=headers)

    def record(self, key: str) -> Any:
        return body(self.get("/images", key=key))


def body(response: HTTPResponse) -> Any:
    return json.loads(response.body)


@pytest.fixture
def library(s3: S3Client, table: RecordsTable) -> Library:
    return Library(s3, table)


@pytest.fixture(autouse=True)
def _no_waits_for_rivals(monkeypatch: pytest.MonkeyPatch) -> None:
    """After a lost race, the pipeline tries again at once: tests play the rival between two calls."""
    monkeypatch.setattr(pipeline, "sleep", lambda _: None)


@pytest.fixture
def with_settings(monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    """Change settings, by the names of their variables, until the test ends."""

    def changed(**variables: str) -> None:
        now = Settings.from_environment(os.environ | variables)
        monkeypatch.setattr(settings, "current", lambda: now)

    return changed


@pytest.fixture(scope="package")
def api(stack: object, deployed: Deployed) -> Iterator[Api]:
    import app

    for key in KEYS:
        deployed.upload(key, picture(320, 200, "PNG" if key.endswith("png") else "JPEG"))
    deployed.upload("api/text.jpg", b"no image at all")
    with Client(app.app, stage_name="tests") as client:
        yield Api(client)
