import pytest

from chalicelib.settings import Settings, SettingsError

NEEDED = {"SOURCE_BUCKET": "uploads", "DEST_BUCKET": "smaller", "TABLE_NAME": "Images"}


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
    ],
)
def test_a_wrong_value_is_named_with_what_is_allowed(variable: str, value: str, allowed: str) -> None:
    with pytest.raises(SettingsError, match=f"^{variable} is '{value}', but must be .*{allowed}"):
        Settings.from_environment({**NEEDED, variable: value})


def test_one_bucket_for_both_is_refused_since_it_would_never_end() -> None:
    with pytest.raises(SettingsError, match="must differ from SOURCE_BUCKET"):
        Settings.from_environment({**NEEDED, "DEST_BUCKET": "uploads"})
