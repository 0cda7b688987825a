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


@pytest.mark.parametrize("encoding", ["gzip,aws-chunked", "aws-chunked, gzip", " gzip ", "gzip,,"])
def test_aws_chunked_describes_the_request_and_is_ignored(encoding: str) -> None:
    assert read_source(source(gzip.compress(b"pixels"), encoding), 100) == b"pixels"


def test_encodings_are_undone_from_the_last() -> None:
    assert read_source(source(gzip.compress(gzip.compress(b"pixels")), "gzip, gzip"), 100) == b"pixels"


def test_members_of_a_gzip_file_are_joined() -> None:
    assert read_source(source(gzip.compress(b"pix") + gzip.compress(b"els"), "gzip"), 100) == b"pixels"


def test_limit_holds_for_the_decoded_bytes() -> None:
    with pytest.raises(RefusedError, match="has 101 bytes, but at most 100 are accepted"):
        read_source(source(gzip.compress(bytes(5000)), "gzip"), 100)
