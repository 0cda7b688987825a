"""The local stack that the tests share: emulated AWS with IAM enforced, the app deployed to it, the API served."""

import os
import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from mypy_boto3_s3 import S3Client
from xdist.scheduler import LoadScopeScheduling

from chalicelib.aws.records_table import RecordsTable
from chalicelib.records import Record, image_id
from tools.local_stack import DEAD_LETTERS_ARN, LocalStack, free_port, running

SOURCE, DESTINATION, TABLE = "source-image", "resized-image", "ImageMetadata"

# app.py reads its settings when it is imported.
os.environ.update(
    SOURCE_BUCKET=SOURCE,
    DEST_BUCKET=DESTINATION,
    TABLE_NAME=TABLE,
    COMPRESS_FUNCTION="imagepress-local-compress",
    API_AUTH="none",
    DEAD_LETTER_QUEUE_ARN=DEAD_LETTERS_ARN,
)


def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> Any:
    """Have workers share the tests one by one, but those of a file together where they share a stack."""

    def together(test: str) -> str:
        file = test.partition("::")[0]
        return file if file.startswith(("tests/e2e/", "tests/integration/")) else test

    scheduler = LoadScopeScheduling(config, log)
    scheduler._split_scope = together
    return scheduler


@pytest.fixture(scope="session")
def stack() -> Iterator[LocalStack]:
    with running(free_port(), free_port()) as started:
        os.environ.update(
            AWS_ENDPOINT_URL=started.endpoint,
            AWS_ACCESS_KEY_ID="test",
            AWS_SECRET_ACCESS_KEY="test",
            AWS_DEFAULT_REGION="us-east-1",
        )
        yield started


@pytest.fixture(scope="session")
def s3(stack: LocalStack) -> S3Client:
    return stack.session.client("s3", endpoint_url=stack.endpoint)


@pytest.fixture(scope="session")
def table(stack: LocalStack) -> RecordsTable:
    return RecordsTable(stack.session.client("dynamodb", endpoint_url=stack.endpoint), TABLE)


def eventually[T](found: Callable[[], T | None], otherwise: str = "not within a minute") -> T:
    """Wait until something is found or holds, for a minute at most, and return it."""
    deadline = time.monotonic() + 60
    while not (it := found()):
        assert time.monotonic() < deadline, otherwise
        time.sleep(0.03)
    return it


class Deployed:
    """The deployed app as its users meet it: put and delete objects, and wait for what follows."""

    def __init__(self, s3: S3Client, table: RecordsTable) -> None:
        self.s3 = s3
        self.table = table

    def upload(self, key: str, data: bytes) -> Record:
        """Upload, and return the record of just these bytes."""
        etag = self.s3.put_object(Bucket=SOURCE, Key=key, Body=data)["ETag"]

        def recorded() -> Record | None:
            record = self.record(key)
            return record if record and record["sourceETag"] == etag else None

        return eventually(recorded, f"no record of {key!r} after a minute")

    def delete(self, key: str) -> None:
        """Delete, and wait until the record has gone."""
        self.s3.delete_object(Bucket=SOURCE, Key=key)
        eventually(lambda: self.record(key) is None, f"still a record of {key!r} after a minute")

    def record(self, key: str) -> Record | None:
        return self.table.get_record(image_id(SOURCE, key))

    def compressed(self, key: str) -> bytes:
        return self.s3.get_object(Bucket=DESTINATION, Key=key)["Body"].read()

    def compressed_keys(self, prefix: str) -> list[str]:
        answer = self.s3.list_objects_v2(Bucket=DESTINATION, Prefix=prefix)
        return [item["Key"] for item in answer.get("Contents", [])]


@pytest.fixture(scope="session")
def deployed(s3: S3Client, table: RecordsTable) -> Deployed:
    return Deployed(s3, table)
