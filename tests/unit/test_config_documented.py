"""The documentation of the configuration names every key and variable, and none that isn't there."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from config import policy, schedule
from config.sources import SOURCE_KEYS, load
from integrations import connectors, registry
from integrations.source import Source

ROOT = Path(__file__).parents[2]
REFERENCE = (ROOT / "docs" / "reference" / "configuration.md").read_text(encoding="utf-8")
VARIABLE = re.compile(r"(AVOUCH|FLOWER)_[A-Z_]+[A-Z]|DATABASE_URL|BROKER_URL")
EXAMPLE = ROOT / "avouch.example.toml"
CONNECTORS = {name: entry.keys for name, entry in connectors.CONNECTORS.items()}


def documented(heading: str) -> set[str]:
    """Return the first column of the table under `heading`."""
    _, _, below = REFERENCE.partition(f"\n{heading}\n")
    section = re.split(r"^##", below, maxsplit=1, flags=re.MULTILINE)[0]
    return set(re.findall(r"^\| `([^`]+)` \|", section, flags=re.MULTILINE))


def variables_of_the_code() -> Iterator[str]:
    """Yield the names of variables that `config` looks up, wherever they stand in its modules."""
    for module in (ROOT / "config").glob("*.py"):
        for node in ast.walk(ast.parse(module.read_text(encoding="utf-8"))):
            if (
                isinstance(node, ast.Constant)
                and isinstance(node.value, str)
                and VARIABLE.fullmatch(node.value)
            ):
                yield node.value


@pytest.mark.parametrize(
    ("heading", "keys"),
    [
        ("## `[sources.NAME]`", set(SOURCE_KEYS)),
        ("## `[schedule]`", set(schedule.KEYS)),
        ("## `[policy]`", set(policy.KEYS)),
        *((f"### Connector `{name}`", set(keys)) for name, keys in CONNECTORS.items()),
    ],
)
def test_every_key_of_the_file_is_documented_and_no_other(heading: str, keys: set[str]) -> None:
    assert documented(heading) == keys


def test_every_variable_of_the_environment_is_documented_and_no_other() -> None:
    assert documented("## The environment") == set(variables_of_the_code())


def test_the_examples_defaults_are_the_defaults() -> None:
    example = load(EXAMPLE, CONNECTORS)

    assert example.schedules == schedule.PERIODIC
    assert example.policy.common_limit == policy.PolicySettings().common_limit
    assert example.policy.complete == policy.PolicySettings().complete
    assert example.policy.suggest_above == policy.PolicySettings().suggest_above
    assert example.policy.dedupe_auto == policy.PolicySettings().dedupe_auto


def test_the_example_is_a_whole_configuration_of_a_phone_a_chat_a_file_and_an_address_book() -> None:
    example = load(EXAMPLE, CONNECTORS)

    connectors = {source.connector for source in example.sources.values()}
    assert connectors == {"twilio", "intercom", "csv", "carddav"}
    for source in example.sources.values():
        names = ("TWILIO_AUTH_TOKEN", "INTERCOM_ACCESS_TOKEN", "CARDDAV_PASSWORD")
        secrets = source.secrets(dict.fromkeys(names, "s3cret"))
        built_from = Source(
            name=source.name, connector=source.connector, settings=source.settings, secrets=secrets
        )
        assert registry.missing(built_from) == ()
        assert registry.connector(built_from)
