"""Settings come from the environment; what is wrong is named, and what is secret is not shown."""

import stat
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from config.settings import Settings, SettingsError, plain_url, without_password

SECRET = "hunter2"


def test_an_empty_environment_means_a_laptop(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)

    settings = Settings.load({})

    assert settings == Settings(
        home=tmp_path / ".avouch",
        config_file=tmp_path / "avouch.toml",
        database_url=None,
        broker_url=None,
        concurrency=2,
        flower_port=5555,
    )


def test_every_variable_is_read(tmp_path: Path) -> None:
    environ = {
        "AVOUCH_HOME": str(tmp_path / "here"),
        "AVOUCH_CONFIG": str(tmp_path / "my.toml"),
        "DATABASE_URL": "postgresql://ana:hunter2@db/avouch",
        "BROKER_URL": "redis://:hunter2@cache/0",
        "AVOUCH_ID_KEY": "a key",
        "AVOUCH_CONCURRENCY": "8",
        "AVOUCH_FLOWER_PORT": "0",
        "FLOWER_BASIC_AUTH": "ana:hunter2,joe:hunter3",
    }

    settings = Settings.load(environ)

    assert settings == Settings(
        home=tmp_path / "here",
        config_file=tmp_path / "my.toml",
        database_url="postgresql+psycopg://ana:hunter2@db/avouch",
        broker_url="redis://:hunter2@cache/0",
        id_key="a key",
        concurrency=8,
        flower_port=0,
        flower_basic_auth="ana:hunter2,joe:hunter3",
    )


def test_an_empty_variable_counts_as_not_set() -> None:
    names = ("DATABASE_URL", "BROKER_URL", "AVOUCH_ID_KEY", "AVOUCH_CONCURRENCY", "FLOWER_BASIC_AUTH")

    assert Settings.load(dict.fromkeys(names, " ")) == Settings.load({})


@pytest.mark.parametrize(
    ("name", "value", "allowed"),
    [
        ("AVOUCH_CONCURRENCY", "0", "a whole number from 1 to 256"),
        ("AVOUCH_CONCURRENCY", "two", "a whole number from 1 to 256"),
        ("AVOUCH_CONCURRENCY", "-1", "a whole number from 1 to 256"),
        ("AVOUCH_FLOWER_PORT", "65536", "a whole number from 0 to 65535"),
        ("DATABASE_URL", "mysql://ana:hunter2@db/x", "postgres://, postgresql://, postgresql+psycopg://"),
        ("DATABASE_URL", "db.internal", "postgres://, postgresql://, postgresql+psycopg://"),
        ("DATABASE_URL", "postgresql://ana:hunter2/x@db/avouch", "write / as %2F"),
        ("BROKER_URL", "amqp://guest:hunter2@mq//", "redis://, rediss://, valkey://, valkeys://"),
        ("FLOWER_BASIC_AUTH", "hunter2", "user:password"),
        ("FLOWER_BASIC_AUTH", "ana:hunter2,joe", "user:password"),
    ],
)
def test_a_wrong_value_is_refused_by_name_and_not_repeated(name: str, value: str, allowed: str) -> None:
    with pytest.raises(SettingsError) as refused:
        Settings.load({name: value})

    assert name in str(refused.value)
    assert allowed in str(refused.value)
    assert SECRET not in str(refused.value)


@pytest.mark.parametrize(
    ("given", "used"),
    [
        ("postgres://db/x", "postgresql+psycopg://db/x"),
        ("postgresql://db/x?sslmode=require", "postgresql+psycopg://db/x?sslmode=require"),
        ("postgresql+psycopg://db/x", "postgresql+psycopg://db/x"),
    ],
)
def test_every_way_to_write_postgresql_reaches_psycopg(given: str, used: str) -> None:
    settings = Settings.load({"DATABASE_URL": given})

    assert settings.database_url == used


def test_valkey_is_reached_by_the_name_the_broker_library_knows() -> None:
    settings = Settings.load({"BROKER_URL": "valkeys://cache:6379/0"})

    assert settings.broker_url == "rediss://cache:6379/0"


def test_psql_gets_a_url_it_understands() -> None:
    assert plain_url("postgresql+psycopg://ana:x@db/avouch?a=b") == "postgresql://ana:x@db/avouch?a=b"


@pytest.mark.parametrize(
    ("url", "shown"),
    [
        ("postgresql://ana:hunter2@db:5432/x", "postgresql://ana:***@db:5432/x"),
        ("redis://:hunter2@cache/0", "redis://:***@cache/0"),
        ("redis://cache/0", "redis://cache/0"),
        ("postgresql:///x?host=/run&password=hunter2&a=b", "postgresql:///x?host=/run&password=***&a=b"),
    ],
)
def test_a_shown_url_has_no_password(url: str, shown: str) -> None:
    assert without_password(url) == shown


def test_shown_settings_hold_no_secret() -> None:
    settings = Settings.load(
        {
            "DATABASE_URL": "postgresql://ana:hunter2@db/x",
            "BROKER_URL": "redis://:hunter2@cache/0",
            "AVOUCH_ID_KEY": "hunter2",
            "FLOWER_BASIC_AUTH": "ana:hunter2",
        }
    )

    assert SECRET not in repr(settings)
    assert "ana:***@db" in repr(settings)


def test_the_first_start_makes_a_key_and_later_starts_keep_it(tmp_path: Path) -> None:
    environ = {"AVOUCH_HOME": str(tmp_path / "home")}

    first = Settings.load(environ).load_id_key()
    later = Settings.load(environ).load_id_key()

    assert first == later
    assert len(first) == 32
    assert stat.S_IMODE((tmp_path / "home" / "id_key").stat().st_mode) == 0o600


def test_first_starts_at_the_same_moment_agree_on_one_key(tmp_path: Path) -> None:
    settings = Settings.load({"AVOUCH_HOME": str(tmp_path / "home")})

    with ThreadPoolExecutor(8) as pool:
        keys = set(pool.map(lambda _: settings.load_id_key(), range(16)))

    assert len(keys) == 1
    assert {path.name for path in settings.home.iterdir()} == {"id_key", ".gitignore"}


def test_two_homes_have_two_keys(tmp_path: Path) -> None:
    keys = {Settings.load({"AVOUCH_HOME": str(tmp_path / name)}).load_id_key() for name in "ab"}

    assert len(keys) == 2


def test_a_key_in_a_file_is_the_same_key(tmp_path: Path) -> None:
    (tmp_path / "key").write_text("a key\n", encoding="utf-8")

    from_file = Settings.load(
        {"AVOUCH_ID_KEY_FILE": str(tmp_path / "key"), "DATABASE_URL": "postgresql://db/x"}
    )

    assert from_file.load_id_key() == Settings.load({"AVOUCH_ID_KEY": "a key"}).load_id_key()


def test_a_key_that_is_set_leaves_the_home_untouched(tmp_path: Path) -> None:
    Settings.load({"AVOUCH_HOME": str(tmp_path / "home"), "AVOUCH_ID_KEY": "a key"}).load_id_key()

    assert not (tmp_path / "home").exists()


def test_several_machines_must_be_given_their_key(tmp_path: Path) -> None:
    settings = Settings.load({"AVOUCH_HOME": str(tmp_path / "home"), "DATABASE_URL": "postgresql://db/x"})

    with pytest.raises(SettingsError, match=r"secrets\.token_hex\(32\)"):
        settings.load_id_key()

    assert not (tmp_path / "home").exists()


def test_a_key_given_twice_is_refused(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="AVOUCH_ID_KEY and AVOUCH_ID_KEY_FILE"):
        Settings.load({"AVOUCH_ID_KEY": "a", "AVOUCH_ID_KEY_FILE": str(tmp_path / "key")})


@pytest.mark.parametrize(
    ("content", "reason"), [(b"", "is empty"), (b"\xff\xfe", "not text"), (None, "No such file")]
)
def test_a_key_file_that_is_no_key_is_refused(tmp_path: Path, content: bytes | None, reason: str) -> None:
    path = tmp_path / "key"
    if content is not None:
        path.write_bytes(content)

    with pytest.raises(SettingsError, match=reason):
        Settings.load({"AVOUCH_ID_KEY_FILE": str(path)}).load_id_key()


def test_a_child_process_uses_the_same_servers_and_the_same_key(tmp_path: Path) -> None:
    settings = Settings.load({"AVOUCH_HOME": str(tmp_path / "home")})

    child = Settings.load(
        settings.environment(database_url="postgresql://db/x", broker_url="redis://cache/0")
    )

    assert child.load_id_key() == settings.load_id_key()
    assert (child.home, child.config_file) == (settings.home, settings.config_file)
    assert (child.database_url, child.broker_url) == ("postgresql+psycopg://db/x", "redis://cache/0")


def test_the_mode_of_a_home_that_was_there_is_left_alone(tmp_path: Path) -> None:
    home = tmp_path / "home"
    home.mkdir(mode=0o750)

    Settings.load({"AVOUCH_HOME": str(home)}).load_id_key()

    assert stat.S_IMODE(home.stat().st_mode) == 0o750


def test_a_home_that_cannot_be_made_is_refused_with_what_to_set(tmp_path: Path) -> None:
    (tmp_path / "home").write_text("a file", encoding="utf-8")

    with pytest.raises(SettingsError, match="Set AVOUCH_HOME to another one"):
        Settings.load({"AVOUCH_HOME": str(tmp_path / "home")}).make_home()
