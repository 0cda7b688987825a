"""The deployed function, run by S3's own events under enforced IAM."""

from io import BytesIO

import pytest
from PIL import Image

from chalicelib.records import image_id
from tests.conftest import DESTINATION, SOURCE, Deployed, eventually
from tools.pictures import picture


def test_an_upload_becomes_a_smaller_image_and_a_record(deployed: Deployed) -> None:
    photo = picture(2400, 1600, "JPEG")

    record = deployed.upload("e2e/photo.jpg", photo)

    data = deployed.compressed("e2e/resized-photo.jpg")
    image = Image.open(BytesIO(data))
    assert (image.format, image.size) == ("JPEG", (1024, 683))
    assert record["imageId"] == image_id(SOURCE, "e2e/photo.jpg")
    assert record["status"] == "compressed"
    assert (record["sourceBucket"], record["sourceKey"]) == (SOURCE, "e2e/photo.jpg")
    assert (record["destBucket"], record["destKey"]) == (DESTINATION, "e2e/resized-photo.jpg")
    assert (record["sizeOriginal"], record["sizeCompressed"]) == (len(photo), len(data))
    assert (record["originalWidth"], record["originalHeight"]) == (2400, 1600)
    assert record["contentType"] == "image/jpeg"
    head = deployed.s3.head_object(Bucket=DESTINATION, Key="e2e/resized-photo.jpg")
    assert (head["ContentType"], head["CacheControl"]) == ("image/jpeg", "private, max-age=3600")


def test_a_delete_takes_object_and_record_along(deployed: Deployed) -> None:
    deployed.upload("e2e/gone.jpg", picture(40, 30, "JPEG"))
    deployed.delete("e2e/gone.jpg")

    assert deployed.compressed_keys("e2e/resized-gone") == []


def test_an_archived_object_is_compressed_when_it_is_restored(deployed: Deployed) -> None:
    key = "e2e/archived.jpg"
    deployed.s3.put_object(Bucket=SOURCE, Key=key, Body=picture(40, 30, "JPEG"), StorageClass="GLACIER")
    assert eventually(lambda: deployed.record(key))["error"]["code"] == "archived"

    deployed.s3.restore_object(Bucket=SOURCE, Key=key, RestoreRequest={"Days": 1})

    eventually(lambda: deployed.compressed_keys("e2e/resized-archived"))
    eventually(lambda: (record := deployed.record(key)) and record["status"] == "compressed")


def test_s3_notifies_of_every_creation_and_removal(deployed: Deployed) -> None:
    configuration = deployed.s3.get_bucket_notification_configuration(Bucket=SOURCE)
    (functions,) = configuration["LambdaFunctionConfigurations"]

    # The emulator expires nothing: the subscription to events of lifecycle rules cannot be seen here.
    assert set(functions["Events"]) == {
        "s3:ObjectCreated:*",
        "s3:ObjectRemoved:*",
        "s3:LifecycleExpiration:*",
        "s3:ObjectRestore:Completed",
    }


@pytest.mark.parametrize(
    "name", ["two words.jpg", "a+b.jpg", "100%25.jpg", "käse 🧀.jpg", "deep/er/est.jpg", "q?&=#.jpg"]
)
def test_odd_keys_arrive(deployed: Deployed, name: str) -> None:
    folder, _, file = f"e2e/odd/{name}".rpartition("/")

    record = deployed.upload(f"{folder}/{file}", picture(40, 30, "JPEG"))

    assert record["destKey"] == f"{folder}/resized-{file}"
    assert deployed.compressed(record["destKey"])


def test_an_image_overwritten_with_text_leaves_no_object(deployed: Deployed) -> None:
    deployed.upload("e2e/turned.jpg", picture(40, 30, "JPEG"))
    record = deployed.upload("e2e/turned.jpg", b"text now")

    assert (record["status"], record["error"]["code"]) == ("failed", "not-an-image")
    assert deployed.compressed_keys("e2e/resized-turned") == []
