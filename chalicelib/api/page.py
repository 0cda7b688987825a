"""The gallery: one page and its files, from the folder `web`."""

from functools import cache
from hashlib import sha256
from html import escape
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

from chalice.app import Request

from chalicelib import services, settings
from chalicelib.api.problems import Problem, quote
from chalicelib.api.requests import Query
from chalicelib.api.responses import Reply, view

_WEB: Final = Path(__file__).parents[1] / "web"
_TYPES: Final = {
    ".js": "text/javascript; charset=utf-8",
    ".css": "text/css; charset=utf-8",
    ".svg": "image/svg+xml",
    ".webmanifest": "application/manifest+json",
}


@view(None, content_type="text/html; charset=utf-8", cache_control="no-cache")
def get_page(request: Request, _: Query) -> Reply:
    """`GET /`: the page, which may fetch from this API and from the two buckets, and from nowhere else.

    Its query parameters are the page's own: it keeps its view in its address.
    """
    now = settings.current()
    values = {
        "base": request.context["path"].rstrip("/") + "/",
        "version": version(),
        "auth": now.api_auth.partition(":")[0],
        "maxBytes": str(now.max_source_bytes),
    }
    text = (_WEB / "index.html").read_text()
    for name, value in values.items():
        text = text.replace(f"{{{{{name}}}}}", escape(value))
    return Reply(text, {"Content-Security-Policy": _policy()})


@view({}, cache_control="public, max-age=31536000, immutable")
def get_asset(_: Request, __: Query, of: str, name: str) -> Reply:
    """`GET /web/{version}/{name}`: a file of the page, which never changes under its version."""
    # Only names of the folder's listing are ever opened.
    if of != version() or name not in _assets():
        raise Problem("no-such-page", f"This version does not have the file {quote(name)}; reload the page.")
    path = _WEB / name
    return Reply(path.read_text(), {"Content-Type": _TYPES[path.suffix]})


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
            "manifest-src 'self'",
            "base-uri 'self'",
            "form-action 'none'",
            "frame-ancestors 'none'",
            "require-trusted-types-for 'script'",
        ]
    )


def _origin(url: str) -> str:
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc}"
