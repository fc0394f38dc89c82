"""The errors of reading configuration, named by what a person does about them."""

from collections.abc import Sequence
from pathlib import Path


class ConfigurationError(Exception):
    """Raised when `avouch.toml` can't be used. Nothing is started; the message lists every problem."""

    def __init__(self, path: Path, problems: Sequence[str]) -> None:
        """Keep the problems, each of them "key path: what is wrong; what is allowed"."""
        self.path = path
        self.problems = tuple(problems)
        if len(self.problems) == 1:
            super().__init__(f"{path}: {self.problems[0]}")
        else:
            lines = "".join(f"\n  {problem}" for problem in self.problems)
            super().__init__(f"{path}: {len(self.problems)} problems{lines}")


class WrongValueError(Exception):
    """Raised by a reader of one value: says what it got. The file's other problems are still collected."""


class SecretMissingError(Exception):
    """Raised when a secret that `avouch.toml` points to is not there. Names the variable or file to fill."""
