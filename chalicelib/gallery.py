"""The gallery: one page and its files, as they stand in `web`."""

from functools import cache
from hashlib import sha256
from html import escape
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

from chalice.app import Request, Response

from chalicelib import parameters, services, settings
from chalicelib.answers import tagged
from chalicelib.problems import Problem

_WEB: Final = Path(__file__).parent / "web"
_TYPES: Final = {".js": "text/javascript; charset=utf-8", ".css": "text/css; charset=utf-8"}
_FOREVER: Final = "public, max-age=31536000, immutable"
_PAGE: Final = "index.html"


def page(request: Request) -> Response:
    """Answer `GET /`: the page, which may fetch from this API and from the two buckets, and from nowhere else.

    Query parameters are the page's own, which keeps its view in its address.
    """
    now = settings.current()
    values = {
        "base": request.context["path"].rstrip("/") + "/",
        "version": version(),
        "auth": now.api_auth.partition(":")[0],
        "maxBytes": str(now.max_source_bytes),
    }
    text = (_WEB / _PAGE).read_text()
    for name, value in values.items():
        text = text.replace(f"{{{{{name}}}}}", escape(value))
    answer = tagged(request, text, "text/html; charset=utf-8", "no-cache")
    answer.headers["Content-Security-Policy"] = _policy()
    return answer


def asset(request: Request, of: str, name: str) -> Response:
    """Answer `GET /web/{version}/{name}`: a file of the page, which never changes under its version."""
    parameters.query(request, ())
    # Only a name that the listing has is ever opened.
    if of != version() or name not in _assets():
        raise Problem(
            "no-such-page", f"There is no file {parameters.shown(name)} of this version: reload the page."
        )
    path = _WEB / name
    return tagged(request, path.read_text(), _TYPES[path.suffix], _FOREVER)


@cache
def version() -> str:
    """Return what changes whenever a file of the page does."""
    digest = sha256()
    for name in sorted(_assets()):
        digest.update(name.encode() + (_WEB / name).read_bytes())
    return digest.hexdigest()[:16]


@cache
def _assets() -> frozenset[str]:
    return frozenset(path.name for path in _WEB.iterdir() if path.suffix in _TYPES)


@cache
def _policy() -> str:
    adapters = services.of_api()
    uploads = _origin(adapters.source.sign_upload_form("x", "image/jpeg", (1, 1), 1)[0])
    images = {
        _origin(adapters.source.sign_source_url("x", 1, "image/jpeg", "inline")),
        _origin(adapters.compressed.sign_compressed_url("x", 1, "inline")),
    }
    return "; ".join(
        [
            "default-src 'none'",
            "script-src 'self'",
            "style-src 'self'",
            f"img-src 'self' data: {' '.join(sorted(images))}",
            f"connect-src 'self' {uploads}",
            "base-uri 'self'",
            "form-action 'none'",
            "frame-ancestors 'none'",
            "require-trusted-types-for 'script'",
        ]
    )


def _origin(url: str) -> str:
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc}"
