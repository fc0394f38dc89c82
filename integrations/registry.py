"""Finds a connector by its name, says what a source of it still needs, and builds it when it is needed."""

import difflib
from importlib import import_module
from typing import cast

from integrations.connectors import CONNECTORS, Entry
from integrations.contract import Connector
from integrations.errors import AccessError
from integrations.source import Source

NAMES = tuple(CONNECTORS)


def entry(name: str) -> Entry:
    """Return the entry of the connector `name`; raises `AccessError`, with a close one, if there is none."""
    if name in CONNECTORS:
        return CONNECTORS[name]
    close = difflib.get_close_matches(name, NAMES, n=1)
    hint = f" Did you mean {close[0]}?" if close else ""
    raise AccessError(f"No connector is called {name}.{hint} There are: {', '.join(NAMES)}")


def missing(source: Source) -> tuple[str, ...]:
    """Return in words what `source` still needs: "the setting account_sid"."""
    known = entry(source.connector)
    lacks = [f"the setting {name}" for name in known.required if name not in source.settings]
    if known.secrets and not any(all(map(source.secrets.get, names)) for names in known.secrets):
        lacks.append("the secret " + ", or ".join(" and ".join(names) for names in known.secrets))
    return tuple(lacks)


def connector(source: Source) -> Connector:
    """Return the connector that reads `source`; raises `AccessError` when its configuration has gaps."""
    lacks = missing(source)
    if lacks:
        raise AccessError(
            f"{source.name}: a {source.connector} source needs {'; '.join(lacks)}.\n"
            f"    Set it in avouch.toml, then run: avouch sources test {source.name}"
        )
    module, _, name = entry(source.connector).loads.partition(":")
    build = getattr(import_module(module), name)
    return cast("Connector", build(source))
