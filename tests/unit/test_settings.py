import pytest

from chalicelib.imaging import Rendition
from chalicelib.settings import Settings, SettingsError

NEEDED = {
    "SOURCE_BUCKET": "uploads",
    "DEST_BUCKET": "smaller",
    "TABLE_NAME": "Images",
    "COMPRESS_FUNCTION": "imagepress-x-compress",
}


def settings(**variables: str) -> Settings:
    return Settings.from_environment({**NEEDED, **variables})


@pytest.mark.parametrize("variable", NEEDED)
def test_a_missing_name_is_named(variable: str) -> None:
    with pytest.raises(SettingsError, match=f"^{variable} is not set; it must be the name of"):
        settings(**{variable: ""})


@pytest.mark.parametrize(
    ("variable", "value", "allowed"),
    [
        ("QUALITY", "101", "from 1 to 100"),
        ("QUALITY", "0", "from 1 to 100"),
        ("QUALITY", "", "from 1 to 100"),
        ("QUALITY", " 7", "from 1 to 100"),
        ("QUALITY", "\N{ARABIC-INDIC DIGIT SEVEN}", "from 1 to 100"),
        ("MAX_WIDTH", "16384", "from 1 to 16383"),
        ("MAX_PIXELS", "-1", "from 1 to 1000000000"),
        ("MAX_PIXELS", "9" * 5000, "from 1 to 1000000000"),
        ("MAX_FRAMES", "10001", "from 1 to 10000"),
        ("OUTPUT_FORMAT", "gif", "one of original, jpeg, webp, avif, png"),
        ("SOURCE_BUCKET", "No Bucket", "the name of an S3 bucket"),
        ("SOURCE_BUCKET", "pictures.example.com", "without dots"),
        ("SOURCE_BUCKET", "uploads-hrzrlukc5m36ft7okagglf3gm-s3alias", "not an alias"),
        ("DEST_BUCKET", "uploads-abc--ol-s3", "not an alias"),
        ("DEST_BUCKET", "x.mrap", "not an alias"),
        ("TABLE_NAME", "a/b", "the name of a DynamoDB table"),
        ("COMPRESS_FUNCTION", "shrink", "<app>-<stage>-compress"),
        ("COMPRESS_FUNCTION", "imagepress-x-compress-2", "<app>-<stage>-compress"),
        ("PNG_COLORS", "1", "0 or a whole number from 2 to 256"),
        ("PNG_COLORS", "257", "from 2 to 256"),
        ("RENDITIONS", "thumb", "thumb=256,card=512"),
        ("RENDITIONS", "Thumb=256", "lower-case letters"),
        ("RENDITIONS", "thumb=0", "from 1 to 16383"),
        ("RENDITIONS", "thumb=20000", "from 1 to 16383"),
        ("RENDITIONS", "a/b=1", "lower-case letters"),
        ("RENDITIONS", "thumb=256,thumb=512", "different names"),
        ("RENDITIONS", "original=1", "except compressed and original"),
        ("RENDITIONS", ",".join(f"r{number}=64" for number in range(9)), "at most 8"),
        ("API_AUTH", "password", "token, iam, none or cognito:"),
        ("API_TOKENS", "secret", "web=read:<digest>"),
        ("API_TOKENS", f"ci=admin:{'0' * 64}", "role (read or write)"),
        ("API_TOKENS", f"ci=read:{'0' * 64}:2026-02-30", "its last day"),
        ("API_CORS_ORIGINS", "*", "origins such as"),
        ("API_CORS_ORIGINS", "https://Shop.example", "in small letters"),
    ],
)
def test_a_wrong_value_is_refused(variable: str, value: str, allowed: str) -> None:
    with pytest.raises(SettingsError) as caught:
        settings(**{variable: value})

    message = str(caught.value)
    assert message.startswith(f"{variable} must be ")
    assert allowed in message
    assert message.endswith(f"; got '{value}'")


@pytest.mark.parametrize(
    ("compress", "sweep"),
    [("imagepress-x-compress", "imagepress-x-sweep"), ("to-compress-x-compress", "to-compress-x-sweep")],
)
def test_the_sweep_function_is_named_like_the_compress_function(compress: str, sweep: str) -> None:
    assert settings(COMPRESS_FUNCTION=compress).sweep_function == sweep


def test_one_bucket_for_sources_and_results_is_refused() -> None:
    with pytest.raises(SettingsError, match=r"^DEST_BUCKET must differ from SOURCE_BUCKET"):
        settings(DEST_BUCKET="uploads")


@pytest.mark.parametrize("value", ["photos/, my scans/", " photos/ ,my scans/ ", "photos/,\tmy scans/,"])
def test_blanks_around_a_prefix_are_ignored(value: str) -> None:
    found = settings(INCLUDE_PREFIXES=value, EXCLUDE_PREFIXES=" , ")

    assert (found.include_prefixes, found.exclude_prefixes) == (("photos/", "my scans/"), ())


@pytest.mark.parametrize(
    ("include", "exclude", "included"),
    [
        ("", "", {"a/x", "a/b/x", "c"}),
        ("a/", "", {"a/x", "a/b/x"}),
        ("", "a/b/,c", {"a/x"}),
        ("a/", "a/b/", {"a/x"}),
    ],
)
def test_exclusion_wins_over_inclusion(include: str, exclude: str, included: set[str]) -> None:
    found = settings(INCLUDE_PREFIXES=include, EXCLUDE_PREFIXES=exclude)

    assert {key for key in ("a/x", "a/b/x", "c") if found.includes(key)} == included


def test_folders_that_consoles_create_are_not_included() -> None:
    assert not settings().includes("holidays/")
    assert settings().includes("holidays/cat.jpg")


def test_settings_become_options_of_the_engine() -> None:
    found = settings(RENDITIONS="thumb=256,card=512", PNG_COLORS="64", EFFORT="small", QUALITY="60").options

    assert found.renditions == (Rendition("thumb", 256), Rendition("card", 512))
    assert found.png_colors == 64
    assert (found.effort, found.quality) == ("small", 60)
