import pytest

from chalicelib.settings import Settings, SettingsError

NEEDED = {
    "SOURCE_BUCKET": "uploads",
    "DEST_BUCKET": "smaller",
    "TABLE_NAME": "Images",
    "COMPRESS_FUNCTION": "imagepress-x-compress",
}


def test_three_names_are_enough() -> None:
    settings = Settings.from_environment(NEEDED)

    assert (settings.max_width, settings.max_height, settings.quality) == (1024, 1024, 70)
    assert settings.output_format == "original"


@pytest.mark.parametrize("variable", NEEDED)
def test_a_missing_name_is_named(variable: str) -> None:
    with pytest.raises(SettingsError, match=f"^{variable} is not set"):
        Settings.from_environment({**NEEDED, variable: ""})


@pytest.mark.parametrize(
    ("variable", "value", "allowed"),
    [
        ("QUALITY", "101", "from 1 to 100"),
        ("QUALITY", "0", "from 1 to 100"),
        ("MAX_WIDTH", "wide", "from 1 to 16383"),
        ("MAX_PIXELS", "-1", "a whole number"),
        ("OUTPUT_FORMAT", "gif", "original, jpeg, webp, avif, png"),
        ("SOURCE_BUCKET", "No Bucket", "the name of an S3 bucket"),
        ("TABLE_NAME", "a/b", "the name of a DynamoDB table"),
        ("COMPRESS_FUNCTION", "no function", "the name of a Lambda function"),
        ("COMPRESS_FUNCTION", "shrink", "the name of a Lambda function, <app>-<stage>-compress"),
        ("COMPRESS_FUNCTION", "imagepress-x-compress-2", "<app>-<stage>-compress"),
        ("PNG_COLORS", "1", "from 2 to 256"),
        ("PNG_COLORS", "257", "from 2 to 256"),
        ("API_AUTH", "password", "token, iam, none or cognito:"),
        ("API_READ_TOKEN_SHA256", "secret", "64 digits"),
        ("API_CORS_ORIGINS", "https://Shop.example", "in small letters"),
        ("SOURCE_BUCKET", "pictures.example.com", "without dots"),
    ],
)
def test_a_wrong_value_is_named_with_what_is_allowed(variable: str, value: str, allowed: str) -> None:
    with pytest.raises(SettingsError, match=f"^{variable} is '{value}', but must be .*{allowed}"):
        Settings.from_environment({**NEEDED, variable: value})


@pytest.mark.parametrize(
    ("compress", "sweep"),
    [("imagepress-x-compress", "imagepress-x-sweep"), ("to-compress-x-compress", "to-compress-x-sweep")],
)
def test_the_sweep_is_the_function_beside_compress(compress: str, sweep: str) -> None:
    assert Settings.from_environment({**NEEDED, "COMPRESS_FUNCTION": compress}).sweep_function == sweep


def test_one_bucket_for_both_is_refused_since_it_would_never_end() -> None:
    with pytest.raises(SettingsError, match="must differ from SOURCE_BUCKET"):
        Settings.from_environment({**NEEDED, "DEST_BUCKET": "uploads"})


@pytest.mark.parametrize("variable", ["SOURCE_BUCKET", "DEST_BUCKET"])
@pytest.mark.parametrize(
    "alias", ["uploads-hrzrlukc5m36ft7okagglf3gm-s3alias", "uploads-abc--ol-s3", "x.mrap"]
)
def test_an_access_point_is_refused_since_it_may_lead_to_the_other_bucket(variable: str, alias: str) -> None:
    with pytest.raises(SettingsError, match=f"^{variable} is '{alias}', but must be .*not an alias"):
        Settings.from_environment({**NEEDED, variable: alias})


def test_renditions_are_names_and_sizes() -> None:
    settings = Settings.from_environment({**NEEDED, "RENDITIONS": "thumb=256,card=512"})

    assert settings.renditions == (("thumb", 256), ("card", 512))


@pytest.mark.parametrize(
    "value", ["thumb", "Thumb=256", "thumb=0", "thumb=20000", "a/b=1", "thumb=256,thumb=512", "original=1"]
)
def test_renditions_that_could_not_be_made_or_told_apart_are_refused(value: str) -> None:
    with pytest.raises(SettingsError, match=f"^RENDITIONS is '{value}'"):
        Settings.from_environment({**NEEDED, "RENDITIONS": value})


def test_more_renditions_than_one_function_should_make_are_refused() -> None:
    many = ",".join(f"r{number}=64" for number in range(9))
    with pytest.raises(SettingsError, match="at most 8"):
        Settings.from_environment({**NEEDED, "RENDITIONS": many})


@pytest.mark.parametrize("value", ["photos/, my scans/", " photos/ ,my scans/ ", "photos/,\tmy scans/,"])
def test_blanks_around_a_prefix_are_none_of_it(value: str) -> None:
    settings = Settings.from_environment({**NEEDED, "INCLUDE_PREFIXES": value, "EXCLUDE_PREFIXES": " , "})

    assert (settings.include_prefixes, settings.exclude_prefixes) == (("photos/", "my scans/"), ())


def test_prefixes_are_a_list() -> None:
    settings = Settings.from_environment({**NEEDED, "INCLUDE_PREFIXES": "a/,b/", "EXCLUDE_PREFIXES": ""})

    assert (settings.include_prefixes, settings.exclude_prefixes) == (("a/", "b/"), ())


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
    settings = Settings.from_environment({**NEEDED, "INCLUDE_PREFIXES": include, "EXCLUDE_PREFIXES": exclude})

    assert {key for key in ("a/x", "a/b/x", "c") if settings.includes(key)} == included


def test_the_api_asks_for_a_token_unless_told_otherwise() -> None:
    assert Settings.from_environment(NEEDED).api_auth == "token"


def test_pages_of_other_sites_may_call_the_api_only_when_named_by_origin() -> None:
    assert Settings.from_environment(NEEDED).api_cors_origins == ()
    with pytest.raises(SettingsError, match="origins such as"):
        Settings.from_environment({**NEEDED, "API_CORS_ORIGINS": "*"})


def test_what_consoles_make_for_folders_is_left_alone() -> None:
    settings = Settings.from_environment(NEEDED)

    assert not settings.includes("holidays/")
    assert settings.includes("holidays/cat.jpg")
