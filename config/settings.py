"""What the environment says: where things are kept, which servers to use, and the key of the ids."""

import hashlib
import os
import re
import secrets
import tempfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Self
from urllib.parse import urlsplit

MAKE_A_KEY = 'python -c "import secrets; print(secrets.token_hex(32))"'

_DATABASE_SCHEMES = {
    "postgres": "postgresql+psycopg",
    "postgresql": "postgresql+psycopg",
    "postgresql+psycopg": "postgresql+psycopg",
}
"""What a person may write, and the name by which SQLAlchemy takes psycopg 3 whatever else is installed."""

_BROKER_SCHEMES = {"redis": "redis", "rediss": "rediss", "valkey": "redis", "valkeys": "rediss"}
"""Valkey speaks Redis' protocol, and the broker's library knows it by that name only."""

_PASSWORD_IN_QUERY = re.compile(r"(?<=[?&]password=)[^&]*")


class SettingsError(Exception):
    """Raised when a variable is missing or wrong. The message names it and what is allowed, no value."""


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class Settings:
    """The settings of this process, read once and never changed.

    With `database_url` or `broker_url` left out, that server is started from its wheel and kept under `home`.
    """

    home: Path
    """Where the embedded servers, their logs and the id key are kept. Absolute."""
    config_file: Path
    """Sources, schedules and policy, for people to edit. Absolute; may not exist yet."""
    database_url: str | None = None
    """As SQLAlchemy wants it (`postgresql+psycopg://`); see `plain_url` for other programs."""
    broker_url: str | None = None
    id_key: str | None = None
    id_key_file: Path | None = None
    concurrency: int = 2
    """How many tasks one worker runs at a time."""
    flower_port: int = 5555
    """0 asks for any free port."""
    flower_basic_auth: str | None = None
    """`user:password`, several with a comma between; without it Flower listens on loopback only."""

    @classmethod
    def load(cls, environ: Mapping[str, str] = os.environ) -> Self:
        """Read the settings. A variable that is empty counts as not set, as Compose passes them.

        Raises `SettingsError` at the first variable that is wrong.
        """
        key, key_file = _text(environ, "AVOUCH_ID_KEY"), _path(environ, "AVOUCH_ID_KEY_FILE")
        if key and key_file:
            raise SettingsError(
                "AVOUCH_ID_KEY and AVOUCH_ID_KEY_FILE are both set, and only one can be right. Unset one."
            )
        home = _path(environ, "AVOUCH_HOME") or Path(".avouch").absolute()
        return cls(
            home=home,
            config_file=_path(environ, "AVOUCH_CONFIG") or _config_file(home),
            database_url=_url(environ, "DATABASE_URL", _DATABASE_SCHEMES),
            broker_url=_url(environ, "BROKER_URL", _BROKER_SCHEMES),
            id_key=key,
            id_key_file=key_file,
            concurrency=_whole_number(environ, "AVOUCH_CONCURRENCY", default=2, allowed=range(1, 257)),
            flower_port=_whole_number(environ, "AVOUCH_FLOWER_PORT", default=5555, allowed=range(65536)),
            flower_basic_auth=_logins(environ, "FLOWER_BASIC_AUTH"),
        )

    def __repr__(self) -> str:
        """Show everything but passwords and keys: settings end up in logs and error reports."""
        shown = ", ".join(f"{field.name}={_masked(self, field.name)!r}" for field in fields(self))
        return f"Settings({shown})"

    def load_id_key(self) -> bytes:
        """Return the key that ids are hashed with: always 32 bytes, however long the text it comes from.

        On a laptop it is made at the first call and kept in `home/id_key`, readable by its owner only.
        Several machines cannot share such a file, so with DATABASE_URL set the key must be given: a second
        machine with a key of its own would give every contact a second id.
        """
        return hashlib.sha256(self._id_key_text().encode()).digest()

    def make_home(self) -> Path:
        """Return `home`, made if it is not there; the mode of a folder that is there is left alone.

        A home made by root can be passed through but not listed, since PostgreSQL runs as another user then.
        """
        if self.home.is_dir():
            return self.home
        try:
            self.home.mkdir(parents=True, exist_ok=True)
            self.home.chmod(0o711 if os.geteuid() == 0 else 0o700)
            # Data and passwords; in a project's folder nobody wants them in a commit.
            (self.home / ".gitignore").write_text("*\n", encoding="utf-8")
        except OSError as error:
            raise SettingsError(
                f"The folder {self.home} cannot be made: {error.strerror}. Set AVOUCH_HOME to another one."
            ) from error
        return self.home

    def environment(self, *, database_url: str, broker_url: str) -> dict[str, str]:
        """Return the variables that make a child process use these very servers, files and ids.

        They go into its environment, never on its command line: every user of a machine can read that.
        """
        made = {} if self.id_key or self.id_key_file else {"AVOUCH_ID_KEY_FILE": str(self._home_key())}
        return made | {
            "AVOUCH_HOME": str(self.home),
            "AVOUCH_CONFIG": str(self.config_file),
            "DATABASE_URL": database_url,
            "BROKER_URL": broker_url,
        }

    def _id_key_text(self) -> str:
        if self.id_key:
            return self.id_key
        if self.id_key_file:
            return _key_in(self.id_key_file)
        if self.database_url:
            raise SettingsError(
                "AVOUCH_ID_KEY is not set. With DATABASE_URL set, every machine needs the same key.\n"
                f"    Make one, keep it for good, and set it everywhere: {MAKE_A_KEY}"
            )
        return _key_in(self._home_key())

    def _home_key(self) -> Path:
        """Return the key file of `home`, made whole or not at all: two first starts agree on one key."""
        path = self.make_home() / "id_key"
        if path.exists():
            return path
        handle, draft = tempfile.mkstemp(dir=self.home, prefix=".id_key-")  # mode 0600
        try:
            with os.fdopen(handle, "w", encoding="utf-8") as file:
                file.write(secrets.token_hex(32) + "\n")
                file.flush()
                os.fsync(file.fileno())
            os.link(draft, path)
        except FileExistsError:
            pass  # Another first start got there first; its key is the key.
        finally:
            Path(draft).unlink()
        return path


def plain_url(database_url: str) -> str:
    """Return `database_url` as psql, psycopg and everything but SQLAlchemy want it.

    >>> plain_url("postgresql+psycopg://ana@db/avouch")
    'postgresql://ana@db/avouch'
    """
    _, rest = database_url.split("://", 1)
    return f"postgresql://{rest}"


def without_password(url: str) -> str:
    """Return `url` fit to be shown.

    >>> without_password("redis://:secret@cache:6379/0")
    'redis://:***@cache:6379/0'
    """
    login, _, _ = urlsplit(url).netloc.rpartition("@")
    user, colon, _ = login.partition(":")
    shown = url.replace(f"//{login}@", f"//{user}:***@", 1) if colon else url
    return _PASSWORD_IN_QUERY.sub("***", shown)


def _masked(settings: Settings, name: str) -> object:
    value = getattr(settings, name)
    mask = _MASKS.get(name)
    return mask(value) if mask and value is not None else value


_MASKS: Mapping[str, Callable[[str], str]] = {
    "database_url": without_password,
    "broker_url": without_password,
    "id_key": lambda _: "***",
    "flower_basic_auth": lambda _: "***",
}


def _text(environ: Mapping[str, str], name: str) -> str | None:
    return environ.get(name, "").strip() or None


def _path(environ: Mapping[str, str], name: str) -> Path | None:
    text = _text(environ, name)
    return Path(text).expanduser().absolute() if text else None


def _config_file(home: Path) -> Path:
    """Return the configuration of this home, if it has one of its own, or else of this folder.

    The demo's home has its own: a command that is tried on it must not apply the business's sources to it.
    """
    own = home / "avouch.toml"
    # os.path: a home that we may not look into has none for us, and no traceback either.
    return own if os.path.exists(own) else Path("avouch.toml").absolute()  # noqa: PTH110


def _whole_number(environ: Mapping[str, str], name: str, *, default: int, allowed: range) -> int:
    text = _text(environ, name)
    if text is None:
        return default
    if not text.isdecimal() or int(text) not in allowed:
        raise SettingsError(f"{name} must be a whole number from {allowed[0]} to {allowed[-1]}.")
    return int(text)


def _url(environ: Mapping[str, str], name: str, schemes: Mapping[str, str]) -> str | None:
    text = _text(environ, name)
    if text is None:
        return None
    scheme, separator, rest = text.partition("://")
    if not separator or scheme not in schemes:
        allowed = ", ".join(f"{scheme}://" for scheme in schemes)
        raise SettingsError(f"{name} must begin with one of: {allowed}")
    try:
        _ = urlsplit(text).port
    except ValueError:
        # The error's own text would show the URL; a password with a bare / or @ in it is the usual cause.
        raise SettingsError(
            f"{name} is no URL: its port is not a number from 0 to 65535. "
            "In a password, write / as %2F, @ as %40 and : as %3A."
        ) from None
    return f"{schemes[scheme]}://{rest}"


def _logins(environ: Mapping[str, str], name: str) -> str | None:
    text = _text(environ, name)
    if text and not all(re.fullmatch(r"[^:]+:.+", login) for login in text.split(",")):
        raise SettingsError(f"{name} must be user:password, several with a comma between.")
    return text


def _key_in(path: Path) -> str:
    try:
        text = path.read_text(encoding="utf-8").strip()
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "it is not text"
        raise SettingsError(f"The id key in {path} cannot be read: {reason}.") from error
    if not text:
        # Making a new one would give every contact a new id, and old ids would find nobody.
        raise SettingsError(f"The id key in {path} is empty. Put the key back that was in it.")
    return text
