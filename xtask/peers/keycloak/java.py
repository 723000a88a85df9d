"""Which Java runs Keycloak: the newest that can be found, since a newer one is faster, or the one that JAVA_HOME names.

As a program it prints the version of that."""

import os
import re
import shutil
import sys
from pathlib import Path

OLDEST = 17


def stated(home):
    """The version that the Java in a directory states, or nothing if there is none."""
    try:
        found = re.search(r'^JAVA_VERSION="(\d[^"]*)"', (home / "release").read_text(), re.MULTILINE)
    except OSError:
        return ""
    return found[1] if found and (home / "bin" / "java").exists() else ""


def version(home):
    """The feature release of the Java in a directory, or 0 if there is none."""
    feature = re.match(r"\d+", stated(home))
    return int(feature[0]) if feature else 0


def home():
    """The directory of the Java to use. Ends the program if there is none."""
    if "JAVA_HOME" in os.environ:
        candidates = [Path(os.environ["JAVA_HOME"])]
    elif on_path := shutil.which("java"):
        # Systems that can have several keep them side by side.
        candidates = list(Path(on_path).resolve().parents[2].iterdir())
    else:
        candidates = []
    best = max(candidates, key=version, default=None)
    if best is None or version(best) < OLDEST:
        sys.exit(f"Keycloak needs Java {OLDEST} or later: none by JAVA_HOME, nor by `java` and beside it. Not measured.")
    return best


if __name__ == "__main__":
    print(stated(home()))
