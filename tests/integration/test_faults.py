"""Throttling, errors of the services, silence and broken connections at each call that a reconcile or a sweep makes."""

from collections.abc import Iterator
from typing import Any
from uuid import uuid4

import pytest
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError
from mypy_boto3_s3 import S3Client

from chalicelib.aws import clients
from chalicelib.aws.functions import CompressFunction
from chalicelib.aws.records_table import RecordsTable
from chalicelib.aws.source_bucket import Interrupted
from chalicelib.comparison import Comparison
from chalicelib.imaging import Options
from chalicelib.pipeline import Pipeline
from chalicelib.records import image_id
from chalicelib.sweep import Position, Sweep
from tests.fixtures.adapters import buckets_of
from tests.integration.faults import Fault, Faults, proxy
from tools.local_stack import LocalStack
from tools.pictures import picture

# urllib3 leaves the sockets of connections that were broken for the garbage collector to close.
pytestmark = pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")

SOURCE, DESTINATION = "faults-source", "faults-destination"
PHOTO = picture(400, 300, "JPEG")
CALLS = ["GetItem", "GetObject", "PutObject", "DeleteObjects", "PutItem", "UpdateItem", "HeadObject"]
IMPATIENT = clients.PATIENT.merge(Config(read_timeout=1, connect_timeout=1))
FAULTS: list[Fault] = ["unavailable", "throttled", "reset", "silent"]


@pytest.fixture(scope="module", autouse=True)
def _buckets(s3: S3Client) -> None:
    for name in (SOURCE, DESTINATION):
        s3.create_bucket(Bucket=name)


@pytest.fixture(autouse=True)
def _no_waits_between_attempts(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("time.sleep", lambda _: None)  # as the SDK calls it


@pytest.fixture(scope="module")
def proxied(stack: LocalStack) -> Iterator[tuple[Pipeline, Faults]]:
    with proxy(stack.endpoint) as (url, faults), pytest.MonkeyPatch.context() as patch:
        patch.setenv("AWS_ENDPOINT_URL", url)
        table = RecordsTable(clients.dynamodb_client(IMPATIENT), "ImageMetadata")
        yield pipeline(clients.s3_client(IMPATIENT), table), faults


@pytest.fixture
def swept(proxied: tuple[Pipeline, Faults]) -> tuple[Sweep, Position, Faults]:
    """A sweep over one key that has no record, and where it begins."""
    s3, faults = clients.s3_client(IMPATIENT), proxied[1]
    table = RecordsTable(clients.dynamodb_client(IMPATIENT), "ImageMetadata")
    function = CompressFunction(clients.lambda_client(IMPATIENT), "imagepress-local-compress", SOURCE)
    buckets = buckets_of(s3, SOURCE, DESTINATION)
    sweep = Sweep(Comparison(*buckets, table, "settings", 10**7, lambda _: True), function, 10**6)
    s3.put_object(Bucket=SOURCE, Key="~swept.jpg", Body=PHOTO)  # behind all others
    return sweep, Position(after_key="~"), faults


@pytest.fixture
def key(s3: S3Client) -> str:
    name = f"{uuid4().hex}.jpg"
    s3.put_object(Bucket=SOURCE, Key=name, Body=PHOTO)
    return name


def pipeline(client: S3Client, table: RecordsTable, **options: Any) -> Pipeline:
    return Pipeline(*buckets_of(client, SOURCE, DESTINATION), table, Options(**options), 10**7)


def _stored(s3: S3Client, key: str) -> bool:
    return "Contents" in s3.list_objects_v2(Bucket=DESTINATION, Prefix=f"resized-{key}")


@pytest.mark.parametrize("fault", FAULTS)
@pytest.mark.parametrize("call", CALLS)
def test_a_fault_that_passes_is_not_noticed(
    s3: S3Client, table: RecordsTable, proxied: tuple[Pipeline, Faults], key: str, call: str, fault: Fault
) -> None:
    reconciler, faults = proxied
    faults.fail(call, fault, times=1)

    assert reconciler.reconcile(key) == "compressed"
    assert faults.calls >= 2
    assert table.get_record(image_id(SOURCE, key))
    assert _stored(s3, key)


@pytest.mark.parametrize("fault", ["cut", "stalled"])
def test_a_body_that_breaks_off_or_stalls_is_read_again(
    proxied: tuple[Pipeline, Faults], key: str, fault: Fault
) -> None:
    reconciler, faults = proxied
    faults.fail("GetObject", fault, times=2)

    assert reconciler.reconcile(key) == "compressed"
    assert faults.calls == 3


@pytest.mark.parametrize("fault", ["cut", "stalled"])
def test_a_body_that_never_comes_whole_raises_after_three_reads_and_says_why(
    proxied: tuple[Pipeline, Faults], key: str, fault: Fault
) -> None:
    reconciler, faults = proxied
    faults.fail("GetObject", fault, times=10**6)

    with pytest.raises(Interrupted, match=f"reading {key} broke off: ") as raised:
        reconciler.reconcile(key)
    assert isinstance(raised.value.__cause__, BotoCoreError)
    assert faults.calls == 3


@pytest.mark.parametrize("call", CALLS)
def test_a_fault_that_stays_raises_after_four_attempts_and_the_next_try_finishes(
    s3: S3Client,
    table: RecordsTable,
    proxied: tuple[Pipeline, Faults],
    key: str,
    call: str,
) -> None:
    reconciler, faults = proxied
    faults.fail(call, "unavailable", times=10**6)

    with pytest.raises((ClientError, BotoCoreError)):
        reconciler.reconcile(key)
    attempts = faults.calls
    faults.fail("", "unavailable", times=0)

    assert attempts == 4
    assert reconciler.reconcile(key) in {"compressed", "unchanged"}
    record = table.get_record(image_id(SOURCE, key))
    assert record
    assert record["destETag"] == s3.head_object(Bucket=DESTINATION, Key=f"resized-{key}")["ETag"]


@pytest.mark.parametrize("fault", ["cut", "stalled"])
def test_a_record_whose_answer_is_lost_counts_once(
    table: RecordsTable, proxied: tuple[Pipeline, Faults], key: str, fault: Fault
) -> None:
    reconciler, faults = proxied
    before = table.get_totals(SOURCE)
    faults.fail("PutItem", fault, times=1)

    assert reconciler.reconcile(key) == "compressed"
    assert faults.calls == 2, "the SDK repeats the write, and DynamoDB refuses it"
    assert table.get_totals(SOURCE)["compressed"] == before["compressed"] + 1


SWEEPING = ["ListObjectsV2", "Query", "BatchGetItem", "Invoke"]


@pytest.mark.parametrize("fault", FAULTS)
@pytest.mark.parametrize("call", SWEEPING)
def test_a_sweep_does_not_notice_a_fault_that_passes(
    swept: tuple[Sweep, Position, Faults], call: str, fault: Fault
) -> None:
    sweep, position, faults = swept
    faults.fail(call, fault, times=1)

    *_, last = sweep.positions(position)

    assert (last.done, last.missing, last.requeued) == (True, 1, 1)
    assert faults.calls >= 2


@pytest.mark.parametrize("call", SWEEPING)
def test_a_fault_that_stays_ends_a_sweep_which_goes_on_later(
    swept: tuple[Sweep, Position, Faults], call: str
) -> None:
    sweep, position, faults = swept
    faults.fail(call, "unavailable", times=10**6)

    with pytest.raises((ClientError, BotoCoreError)):
        list(sweep.positions(position))
    attempts = faults.calls
    faults.fail("", "unavailable", times=0)

    assert attempts == 4
    assert list(sweep.positions(position))[-1].requeued == 1


REFUSALS = [
    ("InvalidObjectState", "The operation is not valid for the object's storage class", "archived"),
    (
        "AccessDenied",
        "User: arn:aws:sts::1:assumed-role/x is not authorized to perform: kms:Decrypt on resource: k",
        "encrypted",
    ),
    ("KMS.DisabledException", "k is disabled.", "encrypted"),
    ("AccessDenied", "Access to KMS is not allowed", "encrypted"),
    (
        "AccessDenied",
        "The ciphertext refers to a customer master key that does not exist, or you are not allowed to access.",
        "encrypted",
    ),
    ("AccessDenied", "Access Denied", "access-denied"),
    (
        "AccessDenied",
        "User: r is not authorized to perform: s3:GetObject with an explicit deny in a resource-based policy",
        "access-denied",
    ),
    (
        "InvalidRequest",
        "The object was stored using a form of Server Side Encryption. The correct parameters must be provided.",
        "encrypted",
    ),
]


@pytest.mark.parametrize(("code", "message", "expected"), REFUSALS)
def test_an_object_that_s3_keeps_back_gives_a_failed_record_or_keeps_its_image(
    s3: S3Client, stack: LocalStack, table: RecordsTable, key: str, code: str, message: str, expected: str
) -> None:
    keeping = keeping_back(stack, code, message)

    assert pipeline(keeping, table).reconcile(key) == "failed"
    failed = table.get_record(image_id(SOURCE, key))
    assert failed
    assert failed["error"]["code"] == expected
    assert failed["sizeOriginal"] == len(PHOTO)
    assert pipeline(keeping, table).reconcile(key) == "unreadable"
    assert table.get_record(image_id(SOURCE, key)) == failed

    assert pipeline(s3, table).reconcile(key) == "compressed"
    compressed = table.get_record(image_id(SOURCE, key))
    assert pipeline(keeping, table, quality=60).reconcile(key) == "unreadable"
    assert table.get_record(image_id(SOURCE, key)) == compressed
    assert _stored(s3, key)


def keeping_back(stack: LocalStack, code: str, message: str) -> S3Client:
    """Return a client whose GetObject is refused, by the book: the emulator neither archives nor asks KMS."""
    client = stack.session.client("s3", endpoint_url=stack.endpoint)

    def refuse(**_: Any) -> Any:
        raise ClientError({"Error": {"Code": code, "Message": message}}, "GetObject")

    client.get_object = refuse  # type: ignore[method-assign]
    return client


def test_another_object_of_the_key_that_cannot_be_read_takes_the_image_away(
    s3: S3Client, stack: LocalStack, table: RecordsTable, key: str
) -> None:
    pipeline(s3, table).reconcile(key)
    s3.put_object(Bucket=SOURCE, Key=key, Body=b"another")
    code, message, _ = REFUSALS[0]
    keeping = keeping_back(stack, code, message)

    assert pipeline(keeping, table).reconcile(key) == "failed"
    assert not _stored(s3, key)


@pytest.mark.parametrize(
    ("code", "message"),
    [
        ("KMS.ThrottlingException", "Rate exceeded"),
        (
            "AccessDenied",
            "User: r is not authorized to perform: s3:GetObject on resource: k because no identity-based policy allows the s3:GetObject action",
        ),
    ],
)
def test_throttled_keys_and_permissions_that_the_app_itself_lacks_raise(
    stack: LocalStack, table: RecordsTable, key: str, code: str, message: str
) -> None:
    with pytest.raises(ClientError, match=code):
        pipeline(keeping_back(stack, code, message), table).reconcile(key)
    assert table.get_record(image_id(SOURCE, key)) is None
