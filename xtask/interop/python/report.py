"""What a program reads and what it prints (see ../README.md)."""

import json
import os
from importlib import metadata

settings = json.loads(os.environ.get("GRANTOR_INTEROP", "{}"))


class Report:
    """The checks of one library: one line of JSON each. Only what is no package of Python needs a `version`."""

    def __init__(self, library, version=None):
        self.library = library
        self.version = version or metadata.version(library)

    def check(self, check, outcome="pass"):
        """Runs the function below it: it passes with what it gives as its detail, and fails with what it raises."""

        def run(work):
            try:
                self.line(check, outcome, work())
            except Exception as error:  # a check that fails is a line, whatever failed
                self.line(check, "fail", f"{type(error).__name__}: {error}")
            return work

        return run

    def by_application(self, check):
        """Runs the function below it, in which the application does what the library has no call for."""
        return self.check(check, "application")

    def not_offered(self, check, why):
        """Says that the library has no such thing."""
        self.line(check, "not offered", why)

    def line(self, check, outcome, detail):
        line = {"library": self.library, "version": self.version, "check": check, "outcome": outcome, "detail": detail}
        print(json.dumps(line), flush=True)


def ensure(condition, complaint):
    """Fails unless `condition` holds."""
    if not condition:
        raise RuntimeError(complaint)


def refused(kind, word, work):
    """Fails unless `work` raises a `kind` that says `word`."""
    try:
        outcome = work()
    except kind as error:
        ensure(word in str(error), f"refused, but not for {word}: {error}")
        return
    raise RuntimeError(f"taken, and should be refused for {word}: {outcome}")
