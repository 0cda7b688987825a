"""The clients of AWS need a version of boto3 that can write conditionally."""

import boto3
import pytest

from chalicelib.aws import clients


@pytest.mark.parametrize("version", ["1.35.68", "1.34.145", "0.9.9"])
def test_boto3_without_conditional_writes_is_refused_with_what_to_do(
    monkeypatch: pytest.MonkeyPatch, version: str
) -> None:
    monkeypatch.setattr(boto3, "__version__", version)

    with pytest.raises(
        RuntimeError, match=rf"must be 1\.35\.69 or newer; got {version}\. Use a newer runtime"
    ):
        clients.s3_client.__wrapped__()


@pytest.mark.parametrize("version", ["1.35.69", "1.36.0", "2.0.0"])
def test_newer_boto3_is_accepted(monkeypatch: pytest.MonkeyPatch, version: str) -> None:
    monkeypatch.setattr(boto3, "__version__", version)
    session = boto3.Session("a", "b", region_name="us-east-1")

    assert clients.s3_client.__wrapped__(session=session).meta.region_name == "us-east-1"
