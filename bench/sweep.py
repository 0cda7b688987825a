"""The cost of a sweep: keys per CPU second, requests and memory. `make bench SECTIONS=sweep` prints it.

The sweep and the AWS clients are real. This process answers their requests with pages of 1,000 keys and with whole
records that are up to date, so that neither a network nor an emulator is measured. Each size has its own process.
"""

import json
import re
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import asdict, dataclass
from io import BytesIO
from typing import Any
from urllib.parse import parse_qs, quote, urlsplit

import boto3
from botocore.awsrequest import AWSResponse
from botocore.compat import HTTPHeaders
from rich.console import Console
from rich.table import Table
from urllib3 import HTTPResponse

from bench.memory import format_megabytes, peak_memory
from bench.records import DESTINATION, ETAG, SETTINGS_VERSION, SOURCE, TABLE, compressed_record
from chalicelib.aws import clients
from chalicelib.aws.compressed_bucket import CompressedBucket
from chalicelib.aws.functions import CompressFunction
from chalicelib.aws.items import TOTALS, item_of, partitions, sum_of
from chalicelib.aws.records_table import RecordsTable
from chalicelib.aws.source_bucket import SourceBucket
from chalicelib.comparison import Comparison
from chalicelib.records import destination_key, image_id
from chalicelib.sweep import Position, Sweep

SIZES = (1_000, 100_000)
_PAGE = 1000


@dataclass(frozen=True, slots=True)
class Cost:
    """The cost of a sweep: CPU seconds with the SDK, requests by operation, and peak memory in bytes if known."""

    keys: int
    seconds: float
    requests: dict[str, int]
    peak: int | None
    peak_before: int | None


class Answers:
    """Answers the SDK's requests as S3 and DynamoDB would, for a number of keys that are computed on demand."""

    def __init__(self, keys: int) -> None:
        self._keys = keys
        self._page: dict[str, str] = {}  # the keys of the last page by their ids
        self.requests: Counter[str] = Counter()
        self.seconds = 0.0
        self._operations: dict[str, Callable[[Any], bytes]] = {
            "ListObjectsV2": self._list,
            "BatchGetItem": self._records,
            "Query": self._entries,
            "UpdateItem": lambda _: b"{}",
        }

    def attach(self, client: Any) -> Any:
        """Answer a client's requests, and return the client."""
        client.meta.events.register("before-send", self._answer)
        return client

    def _answer(self, request: Any, event_name: str, **_: Any) -> AWSResponse:
        start = time.process_time()
        operation = event_name.rpartition(".")[2]
        self.requests[operation] += 1
        body = BytesIO(self._operations[operation](request))
        self.seconds += time.process_time() - start
        return AWSResponse(request.url, 200, HTTPHeaders(), HTTPResponse(body, preload_content=False))

    def _list(self, request: Any) -> bytes:
        after = parse_qs(urlsplit(request.url).query).get("start-after", [""])[0]
        number = re.search(r"(\d{8})(\.jpg)?", after)  # the sweep may ask for a key without its last letter
        first = int(number[1]) + bool(number[2]) if number else 0
        last = min(first + _PAGE, self._keys)
        names = [f"photographs/2026/IMG_{number:08}.jpg" for number in range(first, last)]
        self._page = {image_id(SOURCE, name): name for name in names}
        if DESTINATION in request.url:
            names = [destination_key(name, "jpeg", "jpeg") for name in names]
        contents = "".join(
            f"<Contents><Key>{quote(name)}</Key><LastModified>2026-01-01T00:00:00.000Z</LastModified>"
            f"<ETag>{ETAG}</ETag><Size>3000000</Size><StorageClass>STANDARD</StorageClass></Contents>"
            for name in names
        )
        return f"<ListBucketResult><EncodingType>url</EncodingType>{contents}</ListBucketResult>".encode()

    def _records(self, request: Any) -> bytes:
        query = json.loads(request.body)["RequestItems"][TABLE]
        wanted = query.get("ExpressionAttributeNames", {}).values()
        ids = [each["imageId"]["S"] for each in query["Keys"]]
        items: list[dict[str, Any]]
        if ids[0] in self._page:
            keys = [self._page[each] for each in ids]
            items = [item_of(compressed_record(key, "2026-01-01T00:00:00.000000Z")) for key in keys]
        else:  # the totals
            one = sum_of([compressed_record("", "")])
            items = [{name: {"N": str(self._keys * one[name])} for name in TOTALS}]
        if wanted:
            items = [{name: item[name] for name in wanted if name in item} for item in items]
        return json.dumps({"Responses": {TABLE: items}, "UnprocessedKeys": {}}).encode()

    def _entries(self, request: Any) -> bytes:
        values = json.loads(request.body)["ExpressionAttributeValues"]
        shard, low, high = (values[name]["S"] for name in (":shard", ":low", ":high"))
        shards = partitions(SOURCE)
        found = [
            {"sourceKey": {"S": key}, "imageId": {"S": identifier}}
            for identifier, key in self._page.items()
            if low <= key <= high and shards[int(identifier[-4:], 16) % len(shards)] == shard
        ]
        return json.dumps({"Items": found, "Count": len(found), "ScannedCount": len(found)}).encode()


def measure(keys: int) -> Cost:
    """Sweep a number of keys in this process.

    Raises:
        RuntimeError: The sweep missed a key, or found one that is not up to date.
    """
    session = boto3.Session("none", "none", region_name="us-east-1")
    answers = Answers(keys)
    s3 = answers.attach(clients.s3_client(session=session))
    comparison = Comparison(
        SourceBucket(s3, SOURCE),
        CompressedBucket(s3, DESTINATION),
        RecordsTable(answers.attach(clients.dynamodb_client(session=session)), TABLE),
        SETTINGS_VERSION,
        10**9,
        lambda _: True,
    )
    function = CompressFunction(answers.attach(clients.lambda_client(session=session)), "compress", SOURCE)
    sweep = Sweep(comparison, function)
    peak_before = peak_memory()
    start = time.process_time()
    *_, reached = sweep.positions(Position())
    seconds = time.process_time() - start - answers.seconds
    if (reached.seen, reached.requeued) != (keys, 0):
        raise RuntimeError(f"The sweep ended at {reached}, but must see {keys} keys and requeue none.")
    return Cost(keys, seconds, dict(answers.requests), peak_memory(), peak_before)


def measure_in_new_process(keys: int) -> Cost:
    """Sweep a number of keys in a new process."""
    command = [sys.executable, "-m", "bench.sweep", str(keys)]
    result = subprocess.run(command, capture_output=True, text=True, check=True)
    return Cost(**json.loads(result.stdout))


def main() -> None:
    """Measure each size, and print the table."""
    table = Table(
        "keys, all up to date", "keys per CPU second", "requests per 1,000 keys", "peak memory", "before"
    )
    for cost in map(measure_in_new_process, SIZES):
        table.add_row(
            f"{cost.keys:,}",
            f"{cost.keys / cost.seconds:,.0f}",
            ", ".join(
                f"{count * 1000 / cost.keys:.3g} {name}" for name, count in sorted(cost.requests.items())
            ),
            format_megabytes(cost.peak),
            format_megabytes(cost.peak_before),
        )
    Console().print(table)


if __name__ == "__main__":
    if len(sys.argv) > 1:
        print(json.dumps(asdict(measure(int(sys.argv[1])))))
    else:
        main()
