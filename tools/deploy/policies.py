"""The roles' policies of a stage: those of the local stage, which the end-to-end tests enforce, with its names."""

import difflib
from collections.abc import Mapping
from pathlib import Path

_LOCAL_ACCOUNT = "000000000000"
_LOCAL_QUEUE = f"arn:aws:sqs:us-east-1:{_LOCAL_ACCOUNT}:imagepress-local-dead-letters"


def of_stage(local: str, environment: Mapping[str, str], account: str, region: str) -> str:
    """Return the text of a policy of the local stage with the names of another.

    Args:
        local: The text of a `policy-local-*.json`.
        environment: The other stage's environment: SOURCE_BUCKET, DEST_BUCKET, TABLE_NAME,
            DEAD_LETTER_QUEUE_ARN.
        account: Its account's id.
        region: Its region.
    """
    renamed = {
        "arn:aws:s3:::source-image": f"arn:aws:s3:::{environment['SOURCE_BUCKET']}",
        "arn:aws:s3:::resized-image": f"arn:aws:s3:::{environment['DEST_BUCKET']}",
        ":table/ImageMetadata": f":table/{environment['TABLE_NAME']}",
        _LOCAL_QUEUE: environment["DEAD_LETTER_QUEUE_ARN"],
        f":*:{_LOCAL_ACCOUNT}:": f":{region}:{account}:",
        "arn:aws:logs:*:*:*": f"arn:aws:logs:{region}:{account}:*",
    }
    for before, after in renamed.items():
        local = local.replace(before, after)
    return local


def write(
    folder: Path, stage: str, environment: Mapping[str, str], account: str, region: str, *, dry_run: bool
) -> list[str]:
    """Write the policies of a stage, and return the difference, a line each."""
    difference: list[str] = []
    for source in sorted(folder.glob("policy-local-*.json")):
        path = folder / source.name.replace("-local-", f"-{stage}-")
        before = path.read_text() if path.is_file() else ""
        after = of_stage(source.read_text(), environment, account, region)
        difference += difflib.unified_diff(
            before.splitlines(), after.splitlines(), path.name, path.name, lineterm="", n=0
        )
        if not dry_run and before != after:
            path.write_text(after)
    return difference
