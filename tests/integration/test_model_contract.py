"""The model's S3 and DynamoDB answer the pipeline's calls as the emulator does."""

import itertools
from collections.abc import Callable
from functools import partial
from typing import Any
from uuid import uuid4

import pytest
from botocore.exceptions import ClientError
from mypy_boto3_s3 import S3Client

from chalicelib.aws.records_table import Conflict, RecordsTable
from chalicelib.aws.s3 import Overtaken
from chalicelib.aws.source_bucket import NotModified
from tests.fixtures.adapters import Buckets, buckets_of
from tests.model.aws import DESTINATION, S3, SOURCE, DynamoDB, World, etag_of

DATA, OTHER = b"one", b"another"
STATES: list[bytes | None] = [None, DATA, OTHER]


def _outcome(call: Callable[[], Any]) -> Any:
    try:
        return call()
    except (Conflict, NotModified, Overtaken, ClientError) as error:
        return type(error).__name__


@pytest.fixture(scope="module")
def pair(s3: S3Client) -> tuple[Buckets, Buckets]:
    real = buckets_of(s3, f"contract-{uuid4().hex}", f"contract-{uuid4().hex}")
    for name in (real.source.name, real.compressed.name):
        s3.create_bucket(Bucket=name)
    model: Any = S3(World(), lambda: None)
    return real, buckets_of(model, SOURCE, DESTINATION)


@pytest.mark.parametrize(
    ("there", "replacing"), list(itertools.product(STATES, [None, etag_of(DATA), etag_of(OTHER)]))
)
def test_a_conditional_write(
    pair: tuple[Buckets, Buckets], there: bytes | None, replacing: str | None
) -> None:
    outcomes = []
    for buckets in pair:
        buckets.compressed.delete_compressed(["x"])
        if there is not None:
            buckets.compressed.write_compressed("x", there, "text/plain", replacing=None)
        written = _outcome(partial(buckets.compressed.write_compressed, "x", b"new", "text/plain", replacing))
        outcomes.append((written, buckets.compressed.compressed_etags(["x", "y"])))

    assert outcomes[0] == outcomes[1]


@pytest.mark.parametrize(("there", "unless"), list(itertools.product(STATES, [None, etag_of(DATA)])))
def test_a_conditional_read(
    s3: S3Client, pair: tuple[Buckets, Buckets], there: bytes | None, unless: str | None
) -> None:
    real, model = pair
    model.source._client.delete_objects(Bucket=SOURCE, Delete={"Objects": [{"Key": "x"}]})
    s3.delete_object(Bucket=real.source.name, Key="x")
    if there is not None:
        s3.put_object(Bucket=real.source.name, Key="x", Body=there)
        model.source._client.put_object(Bucket=SOURCE, Key="x", Body=there)

    def read(buckets: Buckets) -> Any:
        source = buckets.source.open_source("x", unless)
        return source and (source.etag, source.size, source.read_body())

    assert _outcome(lambda: read(real)) == _outcome(lambda: read(model))
    assert real.source.source_etag("x") == model.source.source_etag("x")


def test_conditional_records(table: RecordsTable) -> None:
    client: Any = DynamoDB(World(), lambda: None)

    real, model = _record_outcomes(table), _record_outcomes(RecordsTable(client, "table"))

    assert real == model
    assert real[:4] == [None, "Conflict", None, "Conflict"]


def test_names_of_renditions(table: RecordsTable) -> None:
    client: Any = DynamoDB(World(), lambda: None)
    name = uuid4().hex

    for each in (table, RecordsTable(client, "table")):
        assert each.note_renditions({"thumb", name}) >= {"thumb", name}
        assert each.note_renditions(set()) >= {"thumb", name}


def _record_outcomes(table: RecordsTable) -> list[Any]:
    identifier = "00000000-0000-0000-0000-00000000c0de"
    names = {"imageId": identifier, "sourceBucket": SOURCE, "sourceKey": "x"}
    first: Any = {**names, "resizedAt": "2026", "status": "failed", "revision": "1"}
    rival: Any = {**first, "revision": "0"}
    second: Any = {**first, "revision": "2"}
    return [
        _outcome(lambda: table.put_record(first, replacing=None)),
        _outcome(lambda: table.put_record(rival, replacing=None)),
        _outcome(lambda: table.put_record(second, replacing=first)),
        _outcome(lambda: table.delete_record(first)),
        table.get_record(identifier),
        _outcome(lambda: table.delete_record(second)),
        table.get_record(identifier),
    ]
