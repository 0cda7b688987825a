"""`python -m tools.prose`: refuse words that make a sentence hard to read. Part of `make lint`."""

import re
import subprocess
import sys
from pathlib import Path

PROJECT = Path(__file__).parents[1]
KINDS = {".py", ".md", ".js", ".css", ".html", ".yaml", ".toml"}
RULES = {
    r"(?<![Tt]here )\b(?:is|are|was|were) (?:no|none)\b(?! (?:longer|more))": "write 'is not a' or 'does not have'",
    r"\b(?:whoever|whichever|nobody|somebody|thereof)\b": "name the actor",
    r"\bsuch as (?:is|are)\b|\b(?:that|the same) of (?:it|them|these|those)\b": "repeat the noun",
    r"\b(?:tells?|telling|told|teller|stands?|stood)\b": "code reports, sends or exists: it does not tell or stand",
    r"\b(?:answering|began|moment|[Ss]tretch)\b": "use the standard term: handler, start, timestamp, range",
}


def refused(text: str) -> list[tuple[int, str, str]]:
    """Return each refused phrase: the number of its line, the phrase, and what to write instead."""
    return [
        (number, match.group(), advice)
        for number, line in enumerate(text.splitlines(), 1)
        for pattern, advice in RULES.items()
        for match in re.finditer(pattern, line)
    ]


def main() -> int:
    """Print the refused phrases of every file under version control."""
    command = ["git", "ls-files", "--cached", "--others", "--exclude-standard"]
    listed = subprocess.run(command, cwd=PROJECT, capture_output=True, text=True, check=True).stdout.split(
        "\n"
    )
    paths = [PROJECT / name for name in listed if Path(name).suffix in KINDS]
    found = [
        f"{path.relative_to(PROJECT)}:{number}: '{phrase}': {advice}"
        for path in paths
        if path.exists() and path != Path(__file__)
        for number, phrase, advice in refused(path.read_text())
    ]
    print("\n".join(found) or "The prose has no refused words.")
    return int(bool(found))


if __name__ == "__main__":
    sys.exit(main())
