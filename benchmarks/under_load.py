"""What holds while the service is asked more than it can answer, is stopped, swaps models, and runs for long?

    .venv/bin/python benchmarks/under_load.py [overload sigterms swaps memory] [--quick] [--json]

overload   the capacity is measured (16 callers, each in turn), then a tenth of it is called for, then for
           a minute five times as much, whether the service answers or not. The 99th percentile of accepted
           calls is at most twice that of the tenth; refusals take under 50 ms (99 of 100), /livez under
           100 ms (all); of its processor time at least half goes into answers.
sigterms   100 times SIGTERM while calls come in, on kept and on new connections: every call that was sent
           on a connection that was made is answered, whole and right; the process ends with 0 in its time.
swaps      100 promotions while calls come in: every call is answered, wholly by one of the two models, or
           refused as one too many.
memory     half the capacity for 30 minutes: the resident memory grows by under 2 %, by a line through the
           last two thirds and to the upper end of its interval.

Callers are a process of their own, and do not wait for one another (`open_callers.py`); a call's time counts
from the moment when it was due. The service is `vitals serve` with the limits that ship, but for the rate of
a key; its models are forged unless a registry is named. On a machine that is shared read the ratios. Exit 1
where something does not hold.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
from pathlib import Path

# Beside this file stands features.py: the package of that name must be found first.
sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from benchmarks.load_figures import Part
from benchmarks.load_parts import Size, memory, overload, say, sigterms, swaps
from benchmarks.loaded_service import workbench

PARTS = {"overload": overload, "sigterms": sigterms, "swaps": swaps, "memory": memory}
QUICK = Size(seconds=3.0, times=2, minutes=0.5, measuring=1.0)


def main() -> int:
    """Runs the parts that are asked for; the exit code."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("parts", nargs="*", metavar="PART", help=f"of {', '.join(PARTS)}; none: all")
    parser.add_argument("--quick", action="store_true", help="seconds of each: whether it runs at all")
    parser.add_argument("--json", action="store_true", help="one document on standard output")
    parser.add_argument("--seconds", type=float, default=60.0, help="of the overload")
    parser.add_argument("--times", type=int, default=100, help="SIGTERMs, and swaps")
    parser.add_argument("--minutes", type=float, default=30.0, help="of memory")
    parser.add_argument("--share", type=float, default=0.5, help="of the capacity, for memory")
    parser.add_argument("--registry", type=Path, help="the champion of this one (not for swaps)")
    parser.add_argument("--seed", type=int, default=7)
    asked = parser.parse_args()
    if unknown := set(asked.parts) - set(PARTS):
        parser.error(f"no such part: {', '.join(sorted(unknown))}; there are {', '.join(PARTS)}")
    long = Size(asked.seconds, asked.times, asked.minutes, seed=asked.seed, share=asked.share)
    found = []
    for name in asked.parts or PARTS:
        say(name)
        with tempfile.TemporaryDirectory() as made:
            found.append(PARTS[name](workbench(Path(made), asked.registry), QUICK if asked.quick else long))
        if not asked.json:
            tell(found[-1])
    if asked.json:
        print(json.dumps([vars(part) for part in found]))
    return int(any(part.missed for part in found))


def tell(part: Part) -> None:
    """Prints it for people."""
    print(part.name)
    for name, value in part.told.items():
        print(f"  {name:34} {value}")
    print("\n".join(f"  MISSED: {one}" for one in part.missed) or "  every bar holds", flush=True)


if __name__ == "__main__":
    sys.exit(main())
