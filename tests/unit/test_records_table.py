"""What the table does with answers that the emulator never gives."""

from typing import Any

import pytest
from botocore.exceptions import ClientError

from chalicelib.aws import records_table
from chalicelib.aws.items import item_of, name_key
from chalicelib.aws.records_table import RecordsTable

RECORD = {
    "imageId": "00000000-0000-0000-0000-00000000c0de",
    "sourceBucket": "a",
    "status": "failed",
    "resizedAt": "2026-01-31T12:00:00.000000Z",
}


class Throttled:
    """A table that leaves items out of an answer, as DynamoDB does where its throughput would be exceeded."""

    def __init__(self, answers_short: int) -> None:
        self._short = answers_short
        self.asked = 0

    def batch_get_item(self, *, RequestItems: Any) -> Any:  # noqa: N803 - as the SDK names it
        self.asked += 1
        keys = RequestItems["T"]["Keys"]
        given = keys[:1] if self.asked <= self._short else keys
        left = {"T": {"Keys": keys[1:]}} if self.asked <= self._short and keys[1:] else {}
        return {
            "Responses": {"T": [{**key, "revision": {"S": "1"}} for key in given]},
            "UnprocessedKeys": left,
        }


@pytest.fixture
def waits(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    waited: list[float] = []
    monkeypatch.setattr(records_table, "sleep", waited.append)
    return waited


def test_items_that_are_left_out_are_asked_for_again_after_a_while(waits: list[float]) -> None:
    client: Any = Throttled(answers_short=2)

    records = RecordsTable(client, "T").get_records(["a", "b", "c", "d"])

    assert records.keys() == {"a", "b", "c", "d"}
    assert (client.asked, len(waits)) == (3, 2)


def test_items_that_are_left_out_again_and_again_are_an_error_that_will_pass(waits: list[float]) -> None:
    client: Any = Throttled(answers_short=100)

    with pytest.raises(ClientError, match="ProvisionedThroughputExceeded"):
        RecordsTable(client, "T").get_records([str(number) for number in range(100)])


@pytest.mark.parametrize(
    ("file_name", "sought"),
    [
        ("Friends.JPG", "friends"),
        ("STRASSE.jpg", "straße"),
        ("İstanbul.jpg", "İST"),
        ("x" * 1024, "x" * 1000),
    ],
)
def test_a_file_name_is_found_by_its_beginning_whatever_its_case_and_fits_into_a_sort_key(
    file_name: str, sought: str
) -> None:
    record: Any = {**RECORD, "sourceKey": f"a/{file_name}"[-1024:]}
    name = item_of(record)["nameKey"]["S"]

    assert name.startswith(name_key(sought))
    assert len(name.encode()) <= 1024
