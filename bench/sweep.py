"""What a sweep costs: keys a second, requests and memory. `make bench` shows it.

The sweep and the AWS clients are the real ones; what they send is answered in the same process, with 1,000 keys a page and
whole records, all up to date, so that no network and no emulator is measured. Each size has a process of its own.
"""

import json
import resource
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qs, quote, urlsplit

import boto3
from botocore.awsrequest import AWSResponse
from botocore.compat import HTTPHeaders
from rich.console import Console
from rich.table import Table

from chalicelib import aws
from chalicelib.catalog import Catalog, item_of, partitions
from chalicelib.handover import Handover
from chalicelib.metadata import Record, image_id
from chalicelib.storage import Buckets
from chalicelib.sweep import Position, Sweep

SIZES = (1_000, 100_000)
_SOURCE, _DESTINATION, _TABLE, _VERSION = "source-image", "resized-image", "ImageMetadata", "0123456789abcdef"
_ETAG = '"d41d8cd98f00b204e9800998ecf8427e"'
_PAGE = 1000


@dataclass(frozen=True, slots=True)
class Measured:
    """A sweep of so many keys that are all up to date.

    Attributes:
        keys: How many.
        seconds: CPU time of the sweep and the SDK, without that of the answers.
        requests: By operation, of the whole sweep.
        peak_megabytes: Of the process, which has the SDK loaded.
        start_megabytes: Of it before the sweep.
    """

    keys: int
    seconds: float
    requests: dict[str, int]
    peak_megabytes: float
    start_megabytes: float


class Answers:
    """Answers the SDK's requests as S3 and DynamoDB would, from a number of keys that nobody has to keep."""

    def __init__(self, keys: int) -> None:
        self._keys = keys
        self._page: dict[str, str] = {}  # the ids of the keys that were listed last
        self.requests: Counter[str] = Counter()
        self.seconds = 0.0
        self._operations: dict[str, Callable[[Any], bytes]] = {
            "ListObjectsV2": self._list,
            "BatchGetItem": self._records,
            "Query": self._entries,
        }

    def attach(self, client: Any) -> Any:
        """Have a client's requests answered here."""
        client.meta.events.register("before-send", self._answer)
        return client

    def _answer(self, request: Any, event_name: str, **_: Any) -> AWSResponse:
        began = time.process_time()
        operation = event_name.rpartition(".")[2]
        self.requests[operation] += 1
        body = self._operations[operation](request)
        self.seconds += time.process_time() - began
        return AWSResponse(request.url, 200, HTTPHeaders(), _Body(body))

    def _list(self, request: Any) -> bytes:
        after = parse_qs(urlsplit(request.url).query).get("start-after", [""])[0]
        first = int(after[-12:-4]) + 1 if after else 0
        names = [_key(number) for number in range(first, min(first + _PAGE, self._keys))]
        self._page = {image_id(_SOURCE, name): name for name in names}
        contents = "".join(
            f"<Contents><Key>{quote(name)}</Key><LastModified>2026-01-01T00:00:00.000Z</LastModified>"
            f"<ETag>{_ETAG}</ETag><Size>3000000</Size><StorageClass>STANDARD</StorageClass></Contents>"
            for name in names
        )
        return f"<ListBucketResult><EncodingType>url</EncodingType>{contents}</ListBucketResult>".encode()

    def _records(self, request: Any) -> bytes:
        asked = json.loads(request.body)["RequestItems"][_TABLE]
        wanted = asked.get("ExpressionAttributeNames", {}).values()
        items = [item_of(_record(self._page[each["imageId"]["S"]])) for each in asked["Keys"]]
        if wanted:
            items = [{name: item[name] for name in wanted if name in item} for item in items]
        return json.dumps({"Responses": {_TABLE: items}, "UnprocessedKeys": {}}).encode()

    def _entries(self, request: Any) -> bytes:
        values = json.loads(request.body)["ExpressionAttributeValues"]
        shard, low, high = (values[name]["S"] for name in (":shard", ":low", ":high"))
        places = partitions(_SOURCE)
        found = [
            {"sourceKey": {"S": key}, "imageId": {"S": identifier}}
            for identifier, key in self._page.items()
            if low <= key <= high and places[int(identifier[-4:], 16) % len(places)] == shard
        ]
        return json.dumps({"Items": found, "Count": len(found), "ScannedCount": len(found)}).encode()


class _Body:
    """A body that has arrived, read as botocore reads one."""

    def __init__(self, data: bytes) -> None:
        self._data = data

    def stream(self) -> Iterator[bytes]:
        yield self._data


def _key(number: int) -> str:
    return f"photographs/2026/IMG_{number:08}.jpg"


def _record(key: str) -> Record:
    """Return a record as compressing a photograph makes it."""
    name = key.removeprefix("photographs/2026/")
    return {
        "imageId": image_id(_SOURCE, key),
        "sourceBucket": _SOURCE,
        "sourceKey": key,
        "sourceETag": _ETAG,
        "sizeOriginal": 3_000_000,
        "contentType": "image/jpeg",
        "resizedAt": "2026-01-01T00:00:00.000000Z",
        "status": "compressed",
        "settingsVersion": _VERSION,
        "revision": "0" * 32,
        "destBucket": _DESTINATION,
        "destKey": f"photographs/2026/resized-{name}",
        "destETag": _ETAG,
        "sizeCompressed": 200_000,
        "width": 1024,
        "height": 768,
        "originalWidth": 4000,
        "originalHeight": 3000,
        "format": "jpeg",
        "originalFormat": "jpeg",
        "sourceSha256": "0" * 64,
        "renditions": {},
        "placeholder": "data:image/webp;base64," + "A" * 200,
        "dominantColor": "#808080",
    }


def measure(keys: int) -> Measured:
    """Sweep so many keys in this process."""
    session = boto3.Session("none", "none", region_name="us-east-1")
    answers = Answers(keys)
    swept = Sweep(
        Buckets(answers.attach(aws.s3_client(session)), _SOURCE, _DESTINATION),
        Catalog(answers.attach(aws.dynamodb_client(session)), _TABLE),
        Handover(answers.attach(aws.lambda_client(session)), "compress", _SOURCE),
        _VERSION,
        10**9,
        lambda _: True,
    )
    before = _peak_megabytes()
    began = time.process_time()
    *_, reached = swept.positions(Position())
    seconds = time.process_time() - began - answers.seconds
    if (reached.seen, reached.requeued) != (keys, 0):
        raise RuntimeError(f"not what was to be swept: {reached}")
    return Measured(keys, seconds, dict(answers.requests), _peak_megabytes(), before)


def _peak_megabytes() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1000


def measured(keys: int) -> Measured:
    """Sweep so many keys in a process of its own."""
    command = [sys.executable, "-m", "bench.sweep", str(keys)]
    result = subprocess.run(command, capture_output=True, text=True, check=True)
    return Measured(**json.loads(result.stdout))


def main() -> None:
    """Measure each size, and show."""
    table = Table(
        "keys, all up to date", "keys per CPU second", "requests per 1,000 keys", "peak memory, MB", "before"
    )
    for keys in SIZES:
        one = measured(keys)
        requests = ", ".join(
            f"{count * 1000 / keys:.3g} {operation}" for operation, count in sorted(one.requests.items())
        )
        table.add_row(
            f"{keys:,}",
            f"{keys / one.seconds:,.0f}",
            requests,
            f"{one.peak_megabytes:.0f}",
            f"{one.start_megabytes:.0f}",
        )
    Console().print(table)


if __name__ == "__main__":
    if len(sys.argv) > 1:
        one = measure(int(sys.argv[1]))
        print(json.dumps({name: getattr(one, name) for name in Measured.__slots__}))
    else:
        main()
