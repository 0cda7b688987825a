"""The bytes of a source object, whatever encodings its metadata names."""

import gzip
from io import BytesIO
from typing import Any

import pytest

from chalicelib.aws.source_bucket import SourceObject
from chalicelib.source_body import read_source


def source(data: bytes, encoding: str) -> SourceObject:
    body: Any = BytesIO(data)
    return SourceObject("a.jpg", "etag", len(data), body, encoding)


PACKED = gzip.compress(b"pixels")


@pytest.mark.parametrize(
    ("data", "encoding"),
    [
        *((PACKED, named) for named in ("gzip,aws-chunked", "aws-chunked, gzip", " gzip ", "gzip,,")),
        (gzip.compress(PACKED), "gzip, gzip"),
        (gzip.compress(b"pix") + gzip.compress(b"els"), "gzip"),
    ],
)
def test_encodings_are_undone_from_the_last_but_that_of_the_request(data: bytes, encoding: str) -> None:
    assert read_source(source(data, encoding), 100) == b"pixels"
