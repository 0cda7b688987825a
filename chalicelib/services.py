"""The wiring: from the settings to the adapters of one process, each made at its first use."""

from functools import cache, cached_property

import boto3
from botocore.config import Config

from chalicelib import settings
from chalicelib.aws import clients
from chalicelib.aws.compressed_bucket import CompressedBucket
from chalicelib.aws.functions import CompressFunction, SweepFunction
from chalicelib.aws.queue import DeadLetterQueue
from chalicelib.aws.records_table import RecordsTable
from chalicelib.aws.source_bucket import SourceBucket
from chalicelib.settings import Settings


class Services:
    """The adapters of an app.

    Args:
        now: The settings.
        waits: The time-outs of the clients.
        session: The session of the account; None for the session of the environment.
    """

    def __init__(
        self, now: Settings, waits: Config = clients.PATIENT, session: boto3.Session | None = None
    ) -> None:
        self.settings = now
        self._waits = waits
        self._session = session

    @cached_property
    def source(self) -> SourceBucket:
        """The source bucket."""
        return SourceBucket(clients.s3_client(self._waits, self._session), self.settings.source_bucket)

    @cached_property
    def compressed(self) -> CompressedBucket:
        """The destination bucket."""
        return CompressedBucket(clients.s3_client(self._waits, self._session), self.settings.dest_bucket)

    @cached_property
    def table(self) -> RecordsTable:
        """The table of image records."""
        return RecordsTable(clients.dynamodb_client(self._waits, self._session), self.settings.table_name)

    @cached_property
    def compress_function(self) -> CompressFunction:
        """The function that compresses."""
        return CompressFunction(
            clients.lambda_client(self._waits, self._session),
            self.settings.compress_function,
            self.settings.source_bucket,
        )

    @cached_property
    def dead_letters(self) -> DeadLetterQueue:
        """The queue of failed events."""
        return DeadLetterQueue(
            clients.sqs_client(self._waits, self._session), self.settings.dead_letter_queue_arn
        )

    @cached_property
    def sweep_function(self) -> SweepFunction:
        """The function that sweeps."""
        return SweepFunction(clients.lambda_client(self._waits, self._session), self.settings.sweep_function)


@cache
def of_functions() -> Services:
    """Return the adapters of a function that works through events."""
    return Services(settings.current())


@cache
def of_api() -> Services:
    """Return the adapters of the API's function, which has to answer soon."""
    return Services(settings.current(), clients.QUICK)
