# SPDX-License-Identifier: MIT
"""pytest plugin: results as TAP on standard output, each as soon as it is there.

    PYTHONPATH=tests/runner python3 -m pytest -p tap_stream FILE

pytest's own report goes nowhere; what it says about a failure follows the result as
comments.  A test whose teardown fails has failed, and a file that is skipped whole says
so in its plan.
"""
import os

import pytest

# Taken before pytest starts to capture: the only way for TAP to get out, and the only
# thing that does.
_out = os.fdopen(os.dup(1), "w", buffering=1)
_null = os.open(os.devnull, os.O_WRONLY)
os.dup2(_null, 1)
os.close(_null)


def _comment(text):
    for line in text.splitlines():
        print("#", line, file=_out)


def _plain(text):
    """In one line, and without what TAP takes for a directive."""
    return " ".join(text.replace("#", "\\#").split())


def _skip_reason(report):
    """longrepr of a skip is (file, line, "Skipped: reason")."""
    reason = report.longrepr[2] if isinstance(report.longrepr, tuple) else report.longreprtext
    return _plain(reason.removeprefix("Skipped: "))


class TapStream:
    def __init__(self):
        self.count = 0
        self.phases = {}
        self.skipped = []       # reasons of files that were skipped whole

    def pytest_collectreport(self, report):
        if report.failed:
            _comment(f"cannot collect {report.nodeid}")
            _comment(report.longreprtext)
        elif report.skipped:
            self.skipped.append(_skip_reason(report))

    def pytest_collection_finish(self, session):
        count = len(session.items)
        why = f" # SKIP {'; '.join(self.skipped)}" if not count and self.skipped else ""
        print(f"1..{count}{why}", file=_out)

    def pytest_runtest_logreport(self, report):
        self.phases.setdefault(report.nodeid, []).append(report)
        if report.when == "teardown":
            self.result(report.nodeid, self.phases.pop(report.nodeid))

    def result(self, name, phases):
        self.count += 1
        head = f"{self.count} - {_plain(name)}"
        failed = [r for r in phases if r.failed]
        skipped = [r for r in phases if r.skipped]
        if failed:
            print(f"not ok {head}", file=_out)
            for report in failed:
                _comment(report.longreprtext)
                for title, text in report.sections:
                    _comment(f"---- {title}")
                    _comment(text)
        elif skipped and hasattr(skipped[0], "wasxfail"):
            print(f"not ok {head} # TODO {_plain(skipped[0].wasxfail)}", file=_out)
        elif skipped:
            print(f"ok {head} # SKIP {_skip_reason(skipped[0])}", file=_out)
        else:
            print(f"ok {head}", file=_out)

    def pytest_internalerror(self, excrepr):
        _comment(str(excrepr))

    def pytest_sessionfinish(self, session, exitstatus):
        # Nothing to run because all of it was skipped is no failure.
        if exitstatus == pytest.ExitCode.NO_TESTS_COLLECTED and self.skipped:
            session.exitstatus = pytest.ExitCode.OK


def pytest_configure(config):
    config.pluginmanager.register(TapStream())
