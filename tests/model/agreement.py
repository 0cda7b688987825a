"""The plain model: what buckets, records and totals hold once every source has its compressed objects and its record."""

from functools import lru_cache
from typing import Any

from chalicelib.aws.items import TOTALS, record_of, sum_of
from chalicelib.imaging import Compressed, ImageError, Options, compress
from chalicelib.records import Failure, destination_key, image_id, rendition_key
from tests.model.aws import DESTINATION, SOURCE, World, etag_of

DEATH = Failure(code="worker-died", message="The worker died.")


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
    """Compare objects and records with what follows from the sources and the options.

    Raises:
        Broken: Something is missing, left over, or of another version.
    """
    objects: dict[str, bytes] = {}
    records: dict[str, dict[str, Any]] = {}
    for key, data in world.objects[SOURCE].items():
        result = None if died(world.items.get(image_id(SOURCE, key), {}), data) else compressed(data, options)
        expected = {"sourceETag": {"S": etag_of(data)}, "sourceKey": {"S": key}}
        if not isinstance(result, Compressed):
            expected |= {"status": {"S": "failed"}}
        else:
            main_key = destination_key(key, result.original_format, result.format)
            objects[main_key] = result.data
            objects |= {rendition_key(main_key, each.name): each.data for each in result.renditions}
            expected |= {
                "status": {"S": "compressed"},
                "destKey": {"S": main_key},
                "destETag": {"S": etag_of(result.data)},
                "width": {"N": str(result.width)},
            }
        records[image_id(SOURCE, key)] = expected
    items = _records(world)
    if world.objects[DESTINATION] != objects:
        raise Broken(f"objects {sorted(world.objects[DESTINATION])}, not {sorted(objects)}")
    if items.keys() != records.keys():
        raise Broken(f"records {sorted(items)}, not {sorted(records)}")
    for name, expected in records.items():
        if not expected.items() <= items[name].items():
            raise Broken(f"record {items[name]}, not {expected}")


def require_totals(world: World) -> None:
    """Compare the totals with the records.

    Raises:
        Broken: They differ.
    """
    stats = [item for name, item in world.items.items() if name.startswith("stats#")]
    kept = {name: sum(int(item[name]["N"]) for item in stats) for name in TOTALS}
    summed = sum_of(record_of(item) for item in _records(world).values())
    if kept != summed:
        raise Broken(f"totals {kept}, not {summed}")


def died(item: dict[str, Any], data: bytes) -> bool:
    """Return whether a record says that the worker of a source died: it stays until the source or the settings change."""
    return item.get("sourceETag") == {"S": etag_of(data)} and record_of(item).get("error") == DEATH


def _records(world: World) -> dict[str, dict[str, Any]]:
    return {name: item for name, item in world.items.items() if "sourceKey" in item}
