"""Prints the rules as documentation when tests/spec alone is run."""

from pathlib import Path

import pytest

from tests import rules
from tests.rules import Claim

_SPEC = Path(__file__).parent


def pytest_configure(config: pytest.Config) -> None:
    """Know the marker of scenarios, and print the rules where nothing else is tested."""
    config.addinivalue_line("markers", "scenario(number): tests the identity scenario of that number")
    if _only_the_spec(config) and not config.option.collectonly:
        config.pluginmanager.register(_Printer())


def _only_the_spec(config: pytest.Config) -> bool:
    asked = [(config.invocation_params.dir / arg.partition("::")[0]).resolve() for arg in config.args]
    return bool(asked) and all(path.is_relative_to(_SPEC) for path in asked)


class _Printer:
    """Prints what was tested, rule by rule, each sentence with a tick."""

    def __init__(self) -> None:
        self._items: list[pytest.Item] = []
        self._failed: set[str] = set()
        self._passed: set[str] = set()

    def pytest_collection_finish(self, session: pytest.Session) -> None:
        """Remember what is going to run."""
        self._items = session.items

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Remember how a test ended."""
        if report.failed:
            self._failed.add(report.nodeid)
        elif report.when == "call" and report.passed:
            self._passed.add(report.nodeid)

    def pytest_terminal_summary(self, terminalreporter: pytest.TerminalReporter) -> None:
        """Print the tree."""
        for section in rules.tree(self._items):
            terminalreporter.write_line("")
            terminalreporter.write_line(section.title, bold=True)
            for rule in section.rules:
                numbers = "".join(f"{number}. " for number in rule.scenarios)
                if rule.says:
                    terminalreporter.write_line(f"  {numbers}{rule.says}")
                for claim in rule.claims:
                    self._print(terminalreporter, claim)

    def _print(self, reporter: pytest.TerminalReporter, claim: Claim) -> None:
        whole = self._sign([*claim.tests])
        reporter.write(f"    {whole} ", green=whole == "✓", red=whole == "✗")
        reporter.write_line(claim.sentence)
        for case, test in zip(claim.cases, claim.tests, strict=False):
            sign = self._sign([test])
            reporter.write(f"      {sign} ", green=sign == "✓", red=sign == "✗")
            reporter.write_line(case)

    def _sign(self, tests: list[str]) -> str:
        if not self._failed.isdisjoint(tests):
            return "✗"
        return "✓" if self._passed.issuperset(tests) else "-"
