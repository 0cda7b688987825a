"""What calls of S3 need beside the action of their method, by their arguments."""

from collections.abc import Iterable, Iterator, Mapping
from typing import Final

from tools.policies.calls import Argument, Call
from tools.policies.values import ANY

_OF_ACL: Final = ("ACL", "GrantFullControl", "GrantRead", "GrantReadACP", "GrantWriteACP")
_ALSO: Final[Mapping[str, str]] = {
    **dict.fromkeys(_OF_ACL, "s3:PutObjectAcl"),
    "BypassGovernanceRetention": "s3:BypassGovernanceRetention",
    "ObjectLockLegalHoldStatus": "s3:PutObjectLegalHold",
    "ObjectLockMode": "s3:PutObjectRetention",
    "ObjectLockRetainUntilDate": "s3:PutObjectRetention",
    "Tagging": "s3:PutObjectTagging",
}
"""Actions that an argument needs besides, of methods that write or delete objects."""

_NOTHING_MORE: Final = {
    *(
        "Body",
        "Bucket",
        "Callback",
        "Config",
        "Fileobj",
        "Filename",
        "Key",
        "PaginationConfig",
        "WaiterConfig",
    ),
    *(
        "CacheControl",
        "ContentDisposition",
        "ContentEncoding",
        "ContentLanguage",
        "ContentLength",
        "ContentMD5",
    ),
    *("ContentType", "Expires", "Metadata", "StorageClass", "WebsiteRedirectLocation"),
    *(
        "BucketKeyEnabled",
        "ServerSideEncryption",
        "SSECustomerAlgorithm",
        "SSECustomerKey",
        "SSECustomerKeyMD5",
    ),
    *(
        "IfMatch",
        "IfMatchLastModifiedTime",
        "IfMatchSize",
        "IfModifiedSince",
        "IfNoneMatch",
        "IfUnmodifiedSince",
    ),
    *(
        "ResponseCacheControl",
        "ResponseContentDisposition",
        "ResponseContentEncoding",
        "ResponseContentLanguage",
    ),
    *("ResponseContentType", "ResponseExpires", "PartNumber", "Range", "MultipartUpload", "UploadId"),
    *(
        "ChecksumAlgorithm",
        "ChecksumMode",
        "ChecksumType",
        "ChecksumCRC32",
        "ChecksumCRC32C",
        "ChecksumCRC64NVME",
    ),
    *("ChecksumSHA1", "ChecksumSHA256", "ExpectedBucketOwner", "RequestPayer", "MFA", "VersionId", "Delete"),
}
"""Arguments of these methods that need nothing more, or that are looked at one by one."""

_METHODS: Final = {
    *("complete_multipart_upload", "create_multipart_upload", "put_object", "upload_part"),
    *("upload_file", "upload_fileobj", "download_file", "download_fileobj"),
    *("get_object", "head_object", "delete_object", "delete_objects"),
}
"""Methods whose arguments are known, each with what it needs."""

_OF_VERSIONS: Final[Mapping[str, str]] = {
    "s3:DeleteObject": "s3:DeleteObjectVersion",
    "s3:DeleteObjectTagging": "s3:DeleteObjectVersionTagging",
    "s3:GetObject": "s3:GetObjectVersion",
    "s3:GetObjectAcl": "s3:GetObjectVersionAcl",
    "s3:GetObjectTagging": "s3:GetObjectVersionTagging",
    "s3:PutObjectAcl": "s3:PutObjectVersionAcl",
    "s3:PutObjectTagging": "s3:PutObjectVersionTagging",
}
"""Actions on a version that is named, by those on whichever is there."""

_TELLING_MISSING: Final = {"download_file", "download_fileobj", "get_object", "head_object"}
"""Methods that answer 403 instead of 404 where an object is missing, to who may not list the bucket."""

_FIELDS: Final[Mapping[str, str]] = {
    "acl": "s3:PutObjectAcl",
    "tagging": "s3:PutObjectTagging",
    "x-amz-object-lock-legal-hold": "s3:PutObjectLegalHold",
    "x-amz-object-lock-mode": "s3:PutObjectRetention",
    "x-amz-object-lock-retain-until-date": "s3:PutObjectRetention",
}
"""Actions that a field of a form needs besides."""

_PLAIN_FIELDS: Final = {
    *(
        "bucket",
        "content-length-range",
        "cache-control",
        "content-disposition",
        "content-encoding",
        "content-language",
        "content-type",
    ),
    *(
        "expires",
        "key",
        "redirect",
        "success_action_redirect",
        "success_action_status",
        "x-amz-storage-class",
    ),
    *("x-amz-server-side-encryption", "x-amz-website-redirect-location"),
}


class UnknownNeedError(Exception):
    """What a call needs cannot be told; the message says why."""


def actions(call: Call, own: Iterable[str]) -> Iterator[str]:
    """Yield the actions of a call, given those that its method needs whatever its arguments.

    Raises:
        UnknownNeedError: An argument needs what is not known.
    """
    extra = call.arguments.get("ExtraArgs")
    arguments = {**call.arguments, **(_items(extra, "its ExtraArgs") if extra and not extra.is_none else {})}
    arguments.pop("ExtraArgs", None)
    for action in own:
        yield from _of_versions(action, _versions(arguments))
    if call.method in _METHODS:
        if "Fields" in arguments or "Conditions" in arguments:
            yield from _of_form(arguments.pop("Fields", None), arguments.pop("Conditions", None))
        yield from _of_arguments(arguments)
    if call.method == "put_object" and "IfMatch" in arguments:
        yield "s3:GetObject"
    if call.method in _TELLING_MISSING and not call.is_presigned:
        yield "s3:ListBucket"


def _of_arguments(arguments: Mapping[str, Argument]) -> Iterator[str]:
    for name in arguments:
        if name in _ALSO:
            yield _ALSO[name]
        elif name not in _NOTHING_MORE:
            raise UnknownNeedError(f"what its {name} needs is not known")


def _versions(arguments: Mapping[str, Argument]) -> set[bool]:
    """Return whether objects are named with a version: either, if that depends."""
    if "Delete" not in arguments:
        return _has(arguments, "VersionId")
    why = "whether its Delete names versions"
    objects = _items(arguments["Delete"], why).get("Objects")
    each = _items(objects, why).values() if objects else ()
    return {has for named in each for has in _has(_items(named, why), "VersionId")} or {False}


def _has(arguments: Mapping[str, Argument], name: str) -> set[bool]:
    if name not in arguments:
        return {False}
    return {True} if arguments[name].is_sure else {True, False}


def _of_versions(action: str, versions: set[bool]) -> Iterator[str]:
    for named in versions:
        yield _OF_VERSIONS.get(action, action) if named else action


def _of_form(fields: Argument | None, conditions: Argument | None) -> Iterator[str]:
    """Yield what a form for uploads needs: by the fields that are filled in, or that it leaves to who fills it in."""
    names: set[str] = set()
    if fields and not fields.is_none:
        names |= set(_items(fields, "its Fields"))
    if conditions and not conditions.is_none:
        for item in _items(conditions, "its Conditions").values():
            names = names.union(*(_conditioned(each) for each in item.each()))
    for name in sorted(each.lower() for each in names):
        if name in _FIELDS or name.startswith("x-amz-grant-"):
            yield _FIELDS.get(name, "s3:PutObjectAcl")
        elif name not in _PLAIN_FIELDS and not name.startswith(("x-amz-checksum-", "x-amz-meta-")):
            raise UnknownNeedError(f"what its field {name} needs is not known")


def _conditioned(condition: Argument) -> set[str]:
    """Return the fields that a condition is about: `{"acl": "private"}` or `["starts-with", "$key", ""]`."""
    why = "its Conditions"
    if condition.is_mapping:
        return set(_items(condition, why))
    parts = condition.items() or {}
    kinds = parts[0].texts() if 0 in parts else None
    names = parts[1].texts() if 1 in parts else None
    if kinds == frozenset({"content-length-range"}):
        return set()
    if kinds is None or names is None:
        raise UnknownNeedError(f"{why} cannot be told")
    return {name.removeprefix("$") for name in names}


def _items(argument: Argument, why: str) -> dict[str, Argument]:
    items = argument.items()
    if items is None or (argument.is_mapping and ANY in items):
        raise UnknownNeedError(f"{why} cannot be told")
    return {str(key): each for key, each in items.items()}
