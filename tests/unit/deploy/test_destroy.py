"""Emptying buckets, as far as the emulator cannot: it does not list the versions of keys that XML cannot hold."""

from types import SimpleNamespace
from typing import Any

import boto3
from botocore.stub import Stubber

from tools.deploy.destroy import Stores, delete_data

BUCKET = "photos"
NOT_IN_XML = "a key with\x01 in it.jpg"


def test_a_version_whose_key_xml_cannot_hold_is_deleted_by_itself() -> None:
    s3 = boto3.Session("test", "test", region_name="us-east-1").client("s3")
    session: Any = SimpleNamespace(client=lambda _: s3)
    listed = [{"Key": NOT_IN_XML, "VersionId": "1"}, {"Key": "lake.jpg", "VersionId": "2"}]
    together = {"Objects": [{"Key": "lake.jpg", "VersionId": "2"}], "Quiet": True}
    with Stubber(s3) as stubbed:
        stubbed.add_response("list_object_versions", {"Versions": listed}, {"Bucket": BUCKET})
        stubbed.add_response("delete_object", {}, {"Bucket": BUCKET, "Key": NOT_IN_XML, "VersionId": "1"})
        stubbed.add_response("delete_objects", {}, {"Bucket": BUCKET, "Delete": together})
        stubbed.add_response("delete_bucket", {}, {"Bucket": BUCKET})

        delete_data(session, Stores([BUCKET], ""))

        stubbed.assert_no_pending_responses()
