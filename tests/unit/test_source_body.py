"""The bytes of a source object, whatever encodings its metadata names."""

import gzip
from io import BytesIO
from typing import Any

import pytest

from chalicelib.aws.source_bucket import SourceObject
from chalicelib.source_body import RefusedError, read_source


def source(data: bytes, encoding: str) -> SourceObject:
    body: Any = BytesIO(data)
    return SourceObject("a.jpg", "etag", len(data), body, encoding)


PACKED = gzip.compress(b"pixels", mtime=0)


@pytest.mark.parametrize(
    ("data", "encoding"),
    [
        *((PACKED, named) for named in ("gzip,aws-chunked", "aws-chunked, gzip", " gzip ", "gzip,,")),
        (gzip.compress(PACKED, mtime=0), "gzip, gzip"),
        (gzip.compress(b"pix", mtime=0) + gzip.compress(b"els", mtime=0), "gzip"),
    ],
)
def test_encodings_are_undone_from_the_last_but_that_of_the_request(data: bytes, encoding: str) -> None:
    assert read_source(source(data, encoding), 100) == b"pixels"


def test_no_more_than_one_byte_over_the_limit_is_decoded() -> None:
    with pytest.raises(RefusedError, match="has 101 bytes, but at most 100 are accepted"):
        read_source(source(gzip.compress(bytes(5000), mtime=0), "gzip"), 100)
