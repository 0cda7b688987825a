"""What stops a deploy, in words for whoever runs it."""

from typing import Any

from botocore.exceptions import BotoCoreError, ClientError, NoCredentialsError, NoRegionError

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
    if not isinstance(error, ClientError):
        return f"AWS could not be reached: {error}"
    return _refused(error)


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
