"""The way to run Avouch for real: the Compose file, the image and `.env.example` keep their promises.

No container engine is needed: the Compose format is checked by a library, the image's recipe by reading it.
"""

import re
from pathlib import Path
from typing import Any

import pytest
from compose_spec import PyOptions

from config.queues import SOFT_SHUTDOWN_SECONDS

ROOT = Path(__file__).parents[2]
COMPOSE = (ROOT / "docker-compose.yml").read_text(encoding="utf-8")
EXAMPLE = (ROOT / ".env.example").read_text(encoding="utf-8")
DOCKERFILE = (ROOT / "Dockerfile").read_text(encoding="utf-8")

OURS = {"migrate", "tick", "worker", "beat", "flower"}
ONE_SHOT = {"migrate"}


def the_project() -> dict[str, Any]:
    project = PyOptions(apply_merge=True).from_yaml(COMPOSE)
    project.validate()
    project.to_spec()  # checks every field once more, against the published schema
    whole: dict[str, Any] = project.to_dict()
    return whole


PROJECT = the_project()
SERVICES: dict[str, dict[str, Any]] = PROJECT["services"]

every_service = pytest.mark.parametrize("name", sorted(SERVICES))
each_of_ours = pytest.mark.parametrize("name", sorted(OURS))


def instructions(word: str) -> list[str]:
    """Return the arguments of all `word` instructions of the Dockerfile, long lines joined."""
    return re.findall(rf"^{word} (.*)$", DOCKERFILE.replace("\\\n", ""), flags=re.MULTILINE)


def test_the_servers_and_our_processes_are_the_services() -> None:
    assert set(SERVICES) == {"postgres", "valkey", *OURS}


@every_service
def test_a_service_shows_whether_it_is_well_or_ends_by_itself(name: str) -> None:
    service = SERVICES[name]

    if name in ONE_SHOT:
        assert service["restart"] == "no"
    else:
        assert service["healthcheck"]["test"]
        assert service["restart"] == "unless-stopped"


@each_of_ours
def test_our_processes_run_as_nobody_special_on_a_disk_they_cannot_write(name: str) -> None:
    service = SERVICES[name]

    assert service["user"] == "10001:10001"
    assert service["read_only"] is True
    assert service["cap_drop"] == ["ALL"]


@every_service
def test_no_service_gains_privileges(name: str) -> None:
    service = SERVICES[name]

    assert service["security_opt"] == ["no-new-privileges:true"]
    assert not service.get("privileged")


@pytest.mark.parametrize("name", sorted(OURS - ONE_SHOT))
def test_a_process_waits_for_the_tables_and_the_broker(name: str) -> None:
    assert SERVICES[name]["depends_on"] == {
        "migrate": {"condition": "service_completed_successfully"},
        "valkey": {"condition": "service_healthy"},
    }


def test_the_tables_wait_for_the_database() -> None:
    assert SERVICES["migrate"]["depends_on"] == {"postgres": {"condition": "service_healthy"}}


def test_data_is_kept_in_named_volumes() -> None:
    kept = {entry.split(":")[0] for name in ("postgres", "valkey") for entry in SERVICES[name]["volumes"]}

    assert kept == set(PROJECT["volumes"])


def test_only_flower_is_published_and_on_this_machine_only() -> None:
    published = {name: service["ports"] for name, service in SERVICES.items() if service.get("ports")}

    assert published == {"flower": ["127.0.0.1:5555:5555"]}


def test_flower_asks_for_a_password() -> None:
    assert SERVICES["flower"]["environment"]["FLOWER_BASIC_AUTH"].startswith("${FLOWER_BASIC_AUTH:?")


@every_service
def test_no_secret_stands_in_the_file_or_has_a_default(name: str) -> None:
    for variable, value in SERVICES[name].get("environment", {}).items():
        if re.search(r"PASSWORD|KEY|SECRET|TOKEN|AUTH", variable):
            assert re.fullmatch(r"\$\{[A-Z_]+:\?[^}]+\}", value), variable
        filled_in = re.sub(r"\$\{[^}]*\}", "$", value)
        login = re.search(r"://[^/@]*:(?P<password>[^@]*)@", filled_in)
        assert login is None or login["password"] == "$", variable


def test_the_broker_keeps_its_messages_and_asks_for_a_password() -> None:
    told = SERVICES["valkey"]["command"][-1].splitlines()

    assert {"appendonly yes", "maxmemory-policy noeviction", "requirepass $$VALKEY_PASSWORD"} <= set(told)


def test_a_stopping_worker_is_given_the_time_its_tasks_have() -> None:
    assert SERVICES["worker"]["stop_grace_period"] == "45s"
    assert SOFT_SHUTDOWN_SECONDS + 5 < 45


class TestTheExampleOfTheEnvironment:
    """`.env.example` names all that has to be filled in, says how, and fills in no secret."""

    def test_every_variable_of_the_compose_file_is_in_it(self) -> None:
        wanted = set(re.findall(r"(?<!\$)\$\{([A-Z_]+)", COMPOSE))

        assert wanted <= set(re.findall(r"^([A-Z_]+)=", EXAMPLE, flags=re.MULTILINE))

    def test_every_secret_of_the_example_configuration_is_in_it(self) -> None:
        configuration = (ROOT / "avouch.example.toml").read_text(encoding="utf-8")
        wanted = set(re.findall(r'^[^#\n]*\{ env = "([A-Z_]+)" \}', configuration, flags=re.MULTILINE))

        assert wanted
        assert wanted <= set(re.findall(r"^([A-Z_]+)=", EXAMPLE, flags=re.MULTILINE))

    def test_what_must_be_set_is_explained_and_empty(self) -> None:
        lines = EXAMPLE.splitlines()

        for variable in set(re.findall(r"(?<!\$)\$\{([A-Z_]+):\?", COMPOSE)):
            place = lines.index(f"{variable}=")
            assert lines[place - 1].startswith("# "), variable


class TestTheImage:
    """Small, ours alone, the same libraries as everywhere, and no root."""

    def test_it_runs_as_nobody_special(self) -> None:
        assert instructions("USER")[-1] == "10001:10001" == SERVICES["worker"]["user"]

    def test_it_installs_the_versions_of_the_constraints(self) -> None:
        installs = [line for line in instructions("RUN") if "pip install" in line]

        assert installs
        assert all("--constraint constraints.txt" in line for line in installs)

    def test_it_names_no_registry_and_no_address(self) -> None:
        assert not re.search(r"index-url|find-links|trusted-host|://", DOCKERFILE)

    def test_it_leaves_out_the_servers_and_the_tools_of_developers(self) -> None:
        assert not re.search(r"\[[a-z,]*(embedded|dev)", "".join(instructions("RUN")))

    def test_it_starts_our_command_and_shows_whether_that_is_well(self) -> None:
        assert instructions("ENTRYPOINT") == ['["avouch"]']
        assert len(instructions("HEALTHCHECK")) == 1

    def test_all_that_it_copies_is_there_and_let_in(self) -> None:
        let_in = {
            line[1:]
            for line in (ROOT / ".dockerignore").read_text(encoding="utf-8").splitlines()
            if line[:1] == "!"
        }
        copied = {
            name
            for line in instructions("COPY")
            if not line.startswith("--from")
            for name in line.split()[:-1]
        }

        assert copied == let_in
        assert all((ROOT / name).exists() for name in copied)

    def test_every_package_of_the_wheel_is_copied(self) -> None:
        packages = re.search(
            r'packages = \[("[^\]]+)\]', (ROOT / "pyproject.toml").read_text(encoding="utf-8")
        )

        assert packages is not None
        assert set(re.findall(r'"([^"]+)"', packages[1])) <= set(" ".join(instructions("COPY")).split())

    def test_secrets_and_data_never_get_into_it(self) -> None:
        first = [
            line
            for line in (ROOT / ".dockerignore").read_text(encoding="utf-8").splitlines()
            if line[:1] != "#"
        ]

        assert first[0] == "*"
