"""Where secrets are: named in `avouch.toml`, kept in the environment or in files, read when needed."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from config.errors import SecretMissingError, WrongValueError
from config.values import text

SECRET_KEY = re.compile(
    r"(.*_)?(token|secret|password|passwd|passphrase|credentials?|(api|access|private|secret|signing|hmac)_?key)",
    re.IGNORECASE,
)
"""Keys whose value is a secret in every vendor's language; a file is read by more people than a secret."""

HEADERS = "columns"
"""The setting whose keys are headers of somebody's file: a column called Password is no secret of ours."""

_URL_WITH_PASSWORD = re.compile(r"[a-z][a-z0-9+.-]*://[^/@\s]*:[^/@\s]+@", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class SecretRef:
    """Says where a secret is: an environment variable, or a file that holds nothing else."""

    kind: Literal["env", "file"]
    where: str
    """The variable's name, or the file's path (absolute once `avouch.toml` is read)."""

    def value(self, environ: Mapping[str, str]) -> str:
        """Return the secret, without the newline that editors put at the end of a file.

        Raises `SecretMissingError` when it isn't there, can't be read or is empty.
        """
        if self.kind == "env":
            if not environ.get(self.where):
                raise SecretMissingError(f"the environment variable {self.where} is not set")
            return environ[self.where]
        try:
            content = Path(self.where).read_text(encoding="utf-8").rstrip("\r\n")
        except (OSError, UnicodeDecodeError) as error:
            reason = error.strerror if isinstance(error, OSError) else "not UTF-8 text"
            raise SecretMissingError(f"the file {self.where} can't be read: {reason}") from error
        if not content:
            raise SecretMissingError(f"the file {self.where} is empty")
        return content


def is_reference(name: str, value: object) -> bool:
    """Tell whether the setting `name` is meant as a place of a secret: a table that names `env` or `file`."""
    return name != HEADERS and isinstance(value, dict) and bool(value.keys() & {"env", "file"})


def read_reference(value: Mapping[str, object], folder: Path) -> SecretRef:
    """Return the place that `{ env = "NAME" }` or `{ file = "path" }` names.

    A relative path starts at `folder`. Raises `WrongValueError` when it is neither.
    """
    if len(value) != 1:
        raise WrongValueError("a secret's place with more than one key")
    ((kind, where),) = value.items()
    if kind == "env":
        return SecretRef("env", text(where))
    return SecretRef("file", str(folder / Path(text(where)).expanduser()))


def in_clear(settings: object, at: str) -> list[str]:
    """Return the key paths in `settings`, at any depth, whose value must not stand in the file."""
    if isinstance(settings, dict):
        return [
            place
            for name, value in settings.items()
            if name != HEADERS
            for place in ([f"{at}.{name}"] if SECRET_KEY.fullmatch(name) else in_clear(value, f"{at}.{name}"))
        ]
    if isinstance(settings, list):
        return [place for entry in settings for place in in_clear(entry, at)]
    return [at] if isinstance(settings, str) and _URL_WITH_PASSWORD.match(settings) else []
