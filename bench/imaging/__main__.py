"""Run the benchmark: see `python -m bench.imaging --help`."""

import argparse
from pathlib import Path

from bench.imaging import corpus, plots, report
from bench.imaging.measure import measure
from bench.imaging.peers import BUILD
from bench.imaging.rows import fill


def main() -> None:
    """Measure, print the table, and write JSON and plots beside one another."""
    parser = argparse.ArgumentParser(prog="python -m bench.imaging", description=__doc__)
    parser.add_argument("--photos", type=Path, help="a folder of photographs; pictures are drawn without it")
    parser.add_argument(
        "--quick", action="store_true", help="fewer files, rounds and points: about two minutes"
    )
    arguments = parser.parse_args()
    BUILD.mkdir(parents=True, exist_ok=True)
    measured = measure(corpus.build(arguments.photos, arguments.quick), arguments.quick)
    rows = fill(measured)
    name = "quick" if arguments.quick else "bench"
    report.write_json(BUILD / f"{name}.json", measured, rows)
    plots.write(BUILD, measured)
    print(f"Measured on {measured.corpus.source}; 12 MP JPEG to 1024 pixels at quality 70, unless said.\n")
    print(report.table(rows))


if __name__ == "__main__":
    main()
