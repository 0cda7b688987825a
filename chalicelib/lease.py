"""The right to sweep, of which there is one, and where the sweep that has it stands: an item of the table.

Whoever has it renews it as he goes. Who dies does not, so that the next sweep may take it up a while later, and goes on
where the last stood.
"""

import json
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from time import time
from typing import TYPE_CHECKING, Any, Final, Self

from botocore.exceptions import ClientError

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

LEASE_ID: Final = "sweep"  # no UUID, so that it is no image's
SECONDS: Final = 1000
"""How long it lasts: longer than an invocation of Lambda may, whatever becomes of it."""

_SECONDS_TO_RENEWAL = 60
_FREE = "attribute_not_exists(endsAt) OR endsAt <= :now OR runId = :run"
_OWN = "runId = :run"


class HeldError(Exception):
    """Another sweep has the lease, or has had it since: the message says where it stands.

    Attributes:
        where: As that one keeps it; empty at its beginning, and if there is none.
    """

    def __init__(self, where: Mapping[str, Any], until: float | None) -> None:
        self.where = where
        if until is None:
            super().__init__("This sweep is over, or another has taken it up.")
            return
        stands = (
            f"after {where.get('after_key')!r}, {where.get('seen')} seen" if where else "at its beginning"
        )
        clock = datetime.fromtimestamp(until, UTC).strftime("%H:%M:%S")
        super().__init__(
            f"A sweep is under way, {stands}. If it should have died, try again after {clock} UTC."
        )


class Lease:
    """One run's hold of it, which is let go at the end of a `with`. Errors of AWS are raised as they come.

    Args:
        client: Of the table.
        table: Its name.
        run: Whose hold: the same for all processes of one sweep.
        settings_version: What it sweeps for: where another stood that swept for something else is not gone on from.
        clock: Seconds since 1970.
    """

    def __init__(
        self,
        client: "DynamoDBClient",
        table: str,
        run: str,
        settings_version: str,
        clock: Callable[[], float] = time,
    ) -> None:
        self._dynamodb = client
        self._table = table
        self._run = run
        self._settings_version = settings_version
        self._clock = clock
        self._where: Mapping[str, Any] | None = {}
        self._renewed = 0.0

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        """Let others take it: to go on from where the run stands, or from the beginning if it is done."""
        if self._where is None:
            self._update("SET endsAt = :ends REMOVE runId, sweepPosition", _OWN, {":ends": 0})
        else:
            self._stand(self._where, 0)

    def begin(self) -> Mapping[str, Any]:
        """Take it, if it is free, and return where the last who had it stood; nothing if that was done.

        Raises:
            HeldError: Another run has it.
        """
        return self._take(_FREE, {":now": int(self._clock())})

    def resume(self) -> Mapping[str, Any]:
        """Take it for another process of the run that took it last, and return where that stood.

        Raises:
            HeldError: Another run has taken it, or this one is over.
        """
        return self._take(_OWN, {})

    def keep(self, where: Mapping[str, Any] | None) -> None:
        """Learn where the run stands, or that it is done; and renew, if that was not done for a while.

        Raises:
            HeldError: Another run has taken it.
        """
        self._where = where
        if where is not None and self._clock() >= self._renewed + _SECONDS_TO_RENEWAL:
            self._stand(where, self._clock() + SECONDS)
            self._renewed = self._clock()

    def _take(self, condition: str, values: Mapping[str, str | int]) -> Mapping[str, Any]:
        self._renewed = self._clock()
        ends = {":ends": int(self._renewed + SECONDS)}
        before = self._update("SET endsAt = :ends, runId = :run", condition, {**values, **ends})
        current = before.get("settingsVersion", {}).get("S") == self._settings_version
        self._where = _where(before) if current else {}
        return self._where

    def _stand(self, where: Mapping[str, Any], ends: float) -> None:
        change = "SET endsAt = :ends, sweepPosition = :where, settingsVersion = :version"
        values = {":where": json.dumps(where), ":version": self._settings_version}
        self._update(change, _OWN, {**values, ":ends": int(ends)})

    def _update(self, change: str, condition: str, values: Mapping[str, str | int]) -> dict[str, Any]:
        """Change the item on a condition, and return it as it was before."""
        try:
            answer = self._dynamodb.update_item(
                TableName=self._table,
                Key={"imageId": {"S": LEASE_ID}},
                UpdateExpression=change,
                ConditionExpression=condition,
                ExpressionAttributeValues={
                    name: {"N": str(value)} if isinstance(value, int) else {"S": value}
                    for name, value in {**values, ":run": self._run}.items()
                },
                ReturnValues="ALL_OLD",
                ReturnValuesOnConditionCheckFailure="ALL_OLD",
            )
        except ClientError as error:
            if error.response["Error"]["Code"] != "ConditionalCheckFailedException":
                raise
            held: Any = error.response.get("Item", {})
            ends = int(held["endsAt"]["N"]) if "endsAt" in held else 0
            raise HeldError(_where(held), ends if ends > self._clock() else None) from error
        return answer.get("Attributes", {})


def _where(item: Mapping[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(item["sweepPosition"]["S"]) if "sweepPosition" in item else {}
    return found
