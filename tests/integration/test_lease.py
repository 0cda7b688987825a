"""Who may sweep: on a table of its own, with a clock that is set by hand."""

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

import pytest

from chalicelib.lease import LEASE_ID, SECONDS, HeldError, Lease
from tests.conftest import TABLE
from tests.integration.conftest import Api, body
from tools.local_stack import LocalStack

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

HERE = {"after_key": "m", "seen": 5}
THERE = {"after_key": "t", "seen": 9}


@pytest.fixture(scope="module")
def dynamodb(stack: LocalStack) -> "DynamoDBClient":
    return stack.session.client("dynamodb", endpoint_url=stack.endpoint)


@pytest.fixture
def table(dynamodb: "DynamoDBClient") -> Iterator[str]:
    dynamodb.create_table(
        TableName="Leases",
        KeySchema=[{"AttributeName": "imageId", "KeyType": "HASH"}],
        AttributeDefinitions=[{"AttributeName": "imageId", "AttributeType": "S"}],
        BillingMode="PAY_PER_REQUEST",
    )
    yield "Leases"
    dynamodb.delete_table(TableName="Leases")


class Clock:
    def __init__(self) -> None:
        self.seconds = 1_000_000.0

    def __call__(self) -> float:
        return self.seconds


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def of(dynamodb: "DynamoDBClient", table: str, clock: Clock) -> Callable[..., Lease]:
    return lambda run, version="v1": Lease(dynamodb, table, run, version, clock)


def test_one_alone_has_it_and_the_other_learns_where_that_stands(
    of: Callable[..., Lease], clock: Clock
) -> None:
    first = of("first")
    assert first.begin() == {}
    clock.seconds += 61
    first.keep(HERE)

    with pytest.raises(
        HeldError, match=r"under way, after 'm', 5 seen\. .* try again after 14:04:21 UTC"
    ) as held:
        of("second").begin()
    assert held.value.where == HERE


def test_of_many_that_begin_at_once_one_has_it(of: Callable[..., Lease]) -> None:
    def begun(run: int) -> bool:
        try:
            of(str(run)).begin()
        except HeldError:
            return False
        return True

    with ThreadPoolExecutor(8) as pool:
        assert sum(pool.map(begun, range(8))) == 1


def test_who_is_done_leaves_it_for_a_sweep_from_the_beginning(of: Callable[..., Lease]) -> None:
    with of("first") as first:
        first.begin()
        first.keep(HERE)
        first.keep(None)

    assert of("second").begin() == {}


def test_who_gives_up_leaves_it_for_one_that_goes_on(of: Callable[..., Lease]) -> None:
    def gives_up() -> None:
        with of("first") as first:
            first.begin()
            first.keep(HERE)
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        gives_up()

    assert of("second").begin() == HERE


def test_other_settings_begin_at_the_beginning(of: Callable[..., Lease]) -> None:
    with of("first") as first:
        first.begin()
        first.keep(HERE)

    assert of("second", "v2").begin() == {}


def test_who_dies_loses_it_after_a_while_to_one_that_goes_on(of: Callable[..., Lease], clock: Clock) -> None:
    first, second = of("first"), of("second")
    first.begin()
    clock.seconds += 61
    first.keep(HERE)
    clock.seconds += SECONDS - 1
    with pytest.raises(HeldError):
        second.begin()

    clock.seconds += 1
    assert second.begin() == HERE
    with pytest.raises(HeldError):
        first.keep(THERE)
    clock.seconds += 61
    second.keep(THERE)


def test_it_is_renewed_no_more_than_once_a_minute(
    of: Callable[..., Lease], clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    writes: list[Any] = []
    lease = of("first")
    lease.begin()
    monkeypatch.setattr(Lease, "_stand", lambda _, *given: writes.append(given))
    for _ in range(300):
        clock.seconds += 1
        lease.keep(HERE)

    assert len(writes) == 5


def test_another_process_of_the_same_run_goes_on_and_no_other_takes_it_in_between(
    of: Callable[..., Lease], clock: Clock
) -> None:
    with of("first") as before:
        before.begin()
        before.keep(HERE)
    after = of("first")
    assert after.resume() == HERE

    with pytest.raises(HeldError):
        of("second").begin()


def test_an_invocation_that_lambda_tries_again_has_it_at_once(of: Callable[..., Lease], clock: Clock) -> None:
    died = of("first")
    died.begin()
    clock.seconds += 61
    died.keep(HERE)

    assert of("first").begin() == HERE


def test_a_run_that_is_over_or_was_taken_up_is_not_resumed(of: Callable[..., Lease]) -> None:
    with pytest.raises(HeldError, match="over"):
        of("never was").resume()
    with of("first") as first:
        first.begin()
        first.keep(None)
    with pytest.raises(HeldError, match="over"):
        of("first").resume()

    of("second").begin()
    with pytest.raises(HeldError, match="under way, at its beginning"):
        of("first").resume()


def test_the_api_shows_nothing_of_it(api: Api, dynamodb: "DynamoDBClient") -> None:
    before = body(api.get("/stats"))
    lease = Lease(dynamodb, TABLE, "shown", "v1")
    lease._update("SET endsAt = :ends, runId = :run", "attribute_not_exists(x)", {":ends": 0})
    with lease:
        lease.keep(HERE)

    assert api.get(f"/images/{LEASE_ID}").status_code == 404
    assert body(api.get("/stats")) == before
    for order in ("newest", "oldest", "name"):
        listed = body(api.get("/images", order=order, limit="100"))["images"]
        assert listed
        assert LEASE_ID not in {image["imageId"] for image in listed}
    assert api.get("/health").status_code == 200
    dynamodb.delete_item(TableName=TABLE, Key={"imageId": {"S": LEASE_ID}})
