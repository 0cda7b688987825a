"""The model's S3 and DynamoDB answer the pipeline's calls as the emulator does."""

import itertools
from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING, Any
from uuid import uuid4

import pytest
from botocore.exceptions import ClientError

from chalicelib.catalog import Catalog, Conflict
from chalicelib.storage import Buckets, NotModified, Overtaken
from tests.model.aws import DESTINATION, S3, SOURCE, DynamoDB, World, etag_of

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

DATA, OTHER = b"one", b"another"
STATES: list[bytes | None] = [None, DATA, OTHER]


def _outcome(call: Callable[[], Any]) -> Any:
    try:
        return call()
    except (Conflict, NotModified, Overtaken, ClientError) as error:
        return type(error).__name__


@pytest.fixture(scope="module")
def pair(s3: "S3Client") -> tuple[Buckets, Buckets]:
    real = Buckets(s3, f"contract-{uuid4().hex}", f"contract-{uuid4().hex}")
    for name in (real.source, real.destination):
        s3.create_bucket(Bucket=name)
    model: Any = S3(World(), lambda: None)
    return real, Buckets(model, SOURCE, DESTINATION)


@pytest.mark.parametrize(
    ("there", "replacing"), list(itertools.product(STATES, [None, etag_of(DATA), etag_of(OTHER)]))
)
def test_a_conditional_write(
    pair: tuple[Buckets, Buckets], there: bytes | None, replacing: str | None
) -> None:
    outcomes = []
    for buckets in pair:
        buckets.delete(["x"])
        if there is not None:
            buckets.write("x", there, "text/plain", replacing=None)
        written = _outcome(partial(buckets.write, "x", b"new", "text/plain", replacing))
        outcomes.append((written, buckets.etags(["x", "y"])))

    assert outcomes[0] == outcomes[1]


@pytest.mark.parametrize(("there", "unless"), list(itertools.product(STATES, [None, etag_of(DATA)])))
def test_a_conditional_read(
    s3: "S3Client", pair: tuple[Buckets, Buckets], there: bytes | None, unless: str | None
) -> None:
    real, model = pair
    model._s3.delete_objects(Bucket=SOURCE, Delete={"Objects": [{"Key": "x"}]})
    s3.delete_object(Bucket=real.source, Key="x")
    if there is not None:
        s3.put_object(Bucket=real.source, Key="x", Body=there)
        model._s3.put_object(Bucket=SOURCE, Key="x", Body=there)

    def read(buckets: Buckets) -> Any:
        source = buckets.open_source("x", unless)
        return source and (source.etag, source.size, source.read())

    assert _outcome(lambda: read(real)) == _outcome(lambda: read(model))
    assert real.source_etag("x") == model.source_etag("x")


def test_conditional_records(catalog: Catalog) -> None:
    client: Any = DynamoDB(World(), lambda: None)

    real, model = _record_outcomes(catalog), _record_outcomes(Catalog(client, "table"))

    assert real == model
    assert real[:4] == [None, "Conflict", None, "Conflict"]


def test_names_of_renditions(catalog: Catalog) -> None:
    client: Any = DynamoDB(World(), lambda: None)
    name = uuid4().hex

    for each in (catalog, Catalog(client, "table")):
        assert each.rendition_names({"thumb", name}) >= {"thumb", name}
        assert each.rendition_names(set()) >= {"thumb", name}


def _record_outcomes(catalog: Catalog) -> list[Any]:
    identifier = "00000000-0000-0000-0000-00000000c0de"
    names = {"imageId": identifier, "sourceBucket": SOURCE, "sourceKey": "x"}
    first: Any = {**names, "resizedAt": "2026", "status": "failed", "revision": "1"}
    second: Any = {**first, "revision": "2"}
    return [
        _outcome(lambda: catalog.put(first, replacing=None)),
        _outcome(lambda: catalog.put(first, replacing=None)),
        _outcome(lambda: catalog.put(second, replacing=first)),
        _outcome(lambda: catalog.delete(first)),
        catalog.get(identifier),
        _outcome(lambda: catalog.delete(second)),
        catalog.get(identifier),
    ]
