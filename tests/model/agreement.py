"""The plain model: what buckets, records and totals hold once every source has its compressed objects and its record."""

from functools import lru_cache
from typing import Any

from chalicelib.aws.items import TOTALS
from chalicelib.imaging import Compressed, ImageError, Options, compress
from chalicelib.records import destination_key, image_id, rendition_key
from tests.model.aws import DESTINATION, SOURCE, World, etag_of


class Broken(AssertionError):  # noqa: N818 - what a schedule found
    pass


@lru_cache
def compressed(data: bytes, options: Options) -> Compressed | ImageError:
    try:
        return compress(data, options)
    except ImageError as error:
        return error


def compress_once(data: bytes, options: Options) -> Compressed:
    result = compressed(data, options)
    if isinstance(result, ImageError):
        raise result
    return result


def require_agreement(world: World, options: Options) -> None:
    """Compare everything stored with what follows from the sources and the options.

    Raises:
        Broken: Something is missing, left over, or of another version.
    """
    objects: dict[str, bytes] = {}
    totals = dict.fromkeys(TOTALS, 0)
    records: dict[str, dict[str, Any]] = {}
    for key, data in world.objects[SOURCE].items():
        result = compressed(data, options)
        expected = {"sourceETag": {"S": etag_of(data)}, "sourceKey": {"S": key}}
        if isinstance(result, ImageError):
            totals["failed"] += 1
            expected |= {"status": {"S": "failed"}}
        else:
            main_key = destination_key(key, result.original_format, result.format)
            objects[main_key] = result.data
            objects |= {rendition_key(main_key, each.name): each.data for each in result.renditions}
            totals["compressed"] += 1
            totals["bytesBefore"] += len(data)
            totals["bytesAfter"] += len(result.data)
            expected |= {
                "status": {"S": "compressed"},
                "destKey": {"S": main_key},
                "destETag": {"S": etag_of(result.data)},
                "width": {"N": str(result.width)},
            }
        records[image_id(SOURCE, key)] = expected
    _compare(world, objects, records, totals)


def _compare(world: World, objects: Any, records: Any, totals: dict[str, int]) -> None:
    items = {name: item for name, item in world.items.items() if "sourceKey" in item}
    stats = [item for name, item in world.items.items() if name.startswith("stats#")]
    summed = {name: sum(int(item[name]["N"]) for item in stats) for name in TOTALS}
    if world.objects[DESTINATION] != objects:
        raise Broken(f"objects {sorted(world.objects[DESTINATION])}, not {sorted(objects)}")
    if items.keys() != records.keys():
        raise Broken(f"records {sorted(items)}, not {sorted(records)}")
    for name, expected in records.items():
        if not expected.items() <= items[name].items():
            raise Broken(f"record {items[name]}, not {expected}")
    if summed != totals:
        raise Broken(f"totals {summed}, not {totals}")
