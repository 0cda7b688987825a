"""How the commands end: in words that say what is wrong and what to do, instead of a traceback."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

from botocore.exceptions import (
    BotoCoreError,
    ClientError,
    ConnectionError,  # noqa: A004 - botocore's
    CredentialRetrievalError,
    HTTPClientError,
    InvalidRegionError,
    LoginError,
    NoCredentialsError,
    NoRegionError,
    PartialCredentialsError,
    ProfileNotFound,
    SSOError,
    TokenRetrievalError,
    WaiterError,
)

_LOG_IN: Final = "log in again, with `aws sso login` or `aws login`"
_REGION: Final = "export AWS_REGION, for example AWS_REGION=us-east-1"
_ADVICE: Final[tuple[tuple[type[BotoCoreError] | tuple[type[BotoCoreError], ...], str, str], ...]] = (
    (NoRegionError, "No region is set", f"{_REGION}, or run `aws configure`"),
    (NoCredentialsError, "No AWS credentials were found", f"export AWS_PROFILE, or {_LOG_IN}"),
    (ProfileNotFound, "AWS_PROFILE names an unknown profile", "`aws configure list-profiles` lists them"),
    ((SSOError, LoginError, TokenRetrievalError), "The AWS login has expired or is missing", _LOG_IN),
    (CredentialRetrievalError, "The AWS credentials cannot be read", f"check the profile, or {_LOG_IN}"),
    (PartialCredentialsError, "The AWS credentials are incomplete", "set both the key and its secret"),
    (InvalidRegionError, "The name of the region is not valid", _REGION),
    ((ConnectionError, HTTPClientError), "AWS cannot be reached", "check the network and the region's name"),
    (WaiterError, "AWS takes longer than expected", "run this again"),
)
"""Errors that do not come from AWS: the kind, what happened, and what to do."""
_DENIED: Final = {"AccessDenied", "AccessDeniedException", "UnauthorizedOperation", "AuthorizationError"}
_EXPIRED: Final = {"ExpiredToken", "ExpiredTokenException", "RequestExpired"}
_UNKNOWN_KEY: Final = {"InvalidClientTokenId", "UnrecognizedClientException", "SignatureDoesNotMatch"}


class ToolError(Exception):
    """A command cannot continue. The message says why and what to do."""


@contextmanager
def exit_on_errors(interrupted: str) -> Iterator[None]:
    """End the process with a message instead of a traceback.

    Args:
        interrupted: The message after Ctrl-C.
    """
    try:
        yield
    except ToolError as error:
        sys.exit(str(error))
    except (BotoCoreError, ClientError) as error:
        sys.exit(explain_error(error))
    except KeyboardInterrupt:
        sys.exit(f"\n{interrupted}")


def explain_error(error: BotoCoreError | ClientError) -> str:
    """Return an error of AWS in one line: what was refused, and what to do."""
    if isinstance(error, ClientError):
        return _explain_refusal(error)
    details = " ".join(str(error).split()).rstrip(".")
    for kinds, happened, advice in _ADVICE:
        if isinstance(error, kinds):
            return f"{happened} ({details}): {advice}."
    return f"AWS's library for Python failed: {details}."


def _explain_refusal(error: ClientError) -> str:
    answer = error.response.get("Error", {})
    code, message = answer.get("Code", ""), answer.get("Message", "")
    if code in _EXPIRED:
        return f"The AWS credentials have expired: {_LOG_IN}."
    if code in _UNKNOWN_KEY:
        return "AWS does not know these credentials: check AWS_PROFILE or AWS_ACCESS_KEY_ID and its secret."
    if code in _DENIED:
        return (
            f"These credentials may not call {error.operation_name} ({message}). "
            "docs/deploying.md lists the permissions that a deployer needs."
        )
    return f"AWS refused {error.operation_name} ({code}): {message}"
