"""What stops a deploy, in words for whoever runs it."""

from typing import Any

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

_LOG_IN = "log in again, with `aws sso login` or `aws login`"
_WHAT_TO_DO: tuple[tuple[tuple[type[BotoCoreError], ...], str, str], ...] = (
    (
        (ProfileNotFound,),
        "AWS_PROFILE names no profile of this machine",
        "`aws configure list-profiles` lists them",
    ),
    ((SSOError, LoginError, TokenRetrievalError), "The AWS login is over, or never was", _LOG_IN),
    ((CredentialRetrievalError,), "No AWS credentials could be got", f"look at the profile, or {_LOG_IN}"),
    ((PartialCredentialsError,), "The AWS credentials are not whole", "set both the key and its secret"),
    (
        (InvalidRegionError,),
        "The region has no such name as AWS gives",
        "export AWS_REGION, such as AWS_REGION=us-east-1",
    ),
    (
        (ConnectionError, HTTPClientError),
        "AWS could not be reached",
        "check the network, and whether the region exists",
    ),
    ((WaiterError,), "AWS takes longer than expected", "run this again"),
)
"""By the kind of an error that does not come from AWS: what happened, and what to do."""
_DENIED = {"AccessDenied", "AccessDeniedException", "UnauthorizedOperation", "AuthorizationError"}
_EXPIRED = {"ExpiredToken", "ExpiredTokenException", "RequestExpired"}
_UNKNOWN_KEY = {"InvalidClientTokenId", "UnrecognizedClientException", "SignatureDoesNotMatch"}


class DeployError(Exception):
    """A step cannot be done; the message says why and what to do, in one line where that is enough."""


def explained(error: BotoCoreError | ClientError) -> str:
    """Return an error of AWS in one line: what was refused, and what to do."""
    if isinstance(error, NoRegionError):
        return "No region is set: export AWS_REGION, such as AWS_REGION=us-east-1, or `aws configure`."
    if isinstance(error, NoCredentialsError):
        return "No AWS credentials were found: export AWS_PROFILE, or log in with `aws configure` or `aws sso login`."
    if isinstance(error, ClientError):
        return _refused(error)
    details = " ".join(str(error).split()).rstrip(".")
    for kinds, happened, advice in _WHAT_TO_DO:
        if isinstance(error, kinds):
            return f"{happened} ({details}): {advice}."
    return f"AWS's library for Python gave up: {details}."


def _refused(error: ClientError) -> str:
    answer: dict[str, Any] = dict(error.response.get("Error", {}))
    code, message = answer.get("Code", ""), answer.get("Message", "")
    if code in _EXPIRED:
        return "The AWS credentials have expired: log in again."
    if code in _UNKNOWN_KEY:
        return "AWS does not know these credentials: check AWS_PROFILE or AWS_ACCESS_KEY_ID and its secret."
    if code in _DENIED:
        return (
            f"These credentials may not call {error.operation_name} ({message}). "
            "docs/deploying.md lists what a deployer may need to call."
        )
    return f"{error.operation_name} was refused: {message or code}"
