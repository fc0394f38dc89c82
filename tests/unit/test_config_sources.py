"""What `avouch.toml` may say, and what a person reads when it says something else."""

from datetime import timedelta
from pathlib import Path

import pytest

from config.credentials import SecretRef
from config.errors import ConfigurationError, SecretMissingError
from config.policy import PolicySettings
from config.sources import Configuration, Connectors, SourceSettings, load

CONNECTORS: Connectors = {"twilio": {"account_sid", "auth_token"}, "intercom": {"access_token"}, "csv": None}


def a_configuration(folder: Path, text: str, connectors: Connectors | None = CONNECTORS) -> Configuration:
    file = folder / "avouch.toml"
    file.write_text(text, encoding="utf-8")
    return load(file, connectors)


def a_source(folder: Path, text: str, connectors: Connectors | None = CONNECTORS) -> SourceSettings:
    return a_configuration(folder, f"[sources.phone-main]\n{text}", connectors).sources["phone-main"]


def problems(folder: Path, text: str, connectors: Connectors | None = CONNECTORS) -> tuple[str, ...]:
    with pytest.raises(ConfigurationError) as caught:
        a_configuration(folder, text, connectors)
    return caught.value.problems


def problem(folder: Path, text: str, connectors: Connectors | None = CONNECTORS) -> str:
    (only,) = problems(folder, text, connectors)
    return only


def source_problem(folder: Path, text: str, connectors: Connectors | None = CONNECTORS) -> str:
    return problem(folder, f"[sources.phone-main]\n{text}", connectors)


class TestAGoodFile:
    def test_a_file_that_is_not_there_says_nothing(self, tmp_path: Path) -> None:
        configuration = load(tmp_path / "avouch.toml")

        assert configuration == Configuration()

    def test_an_empty_file_says_what_a_missing_one_says(self, tmp_path: Path) -> None:
        assert a_configuration(tmp_path, "") == load(tmp_path / "missing.toml")

    def test_a_source_has_all_that_its_table_says(self, tmp_path: Path) -> None:
        source = a_source(
            tmp_path,
            """
            connector = "twilio"
            every = "5m"
            region = "ES"
            trust = "observed"
            page_limit = 20
            enabled = false
            account_sid = "AC0"
            auth_token = { env = "TWILIO_AUTH_TOKEN" }
            """,
        )

        assert source == SourceSettings(
            name="phone-main",
            connector="twilio",
            region="ES",
            settings={"account_sid": "AC0"},
            secret_refs={"auth_token": SecretRef("env", "TWILIO_AUTH_TOKEN")},
            page_limit=20,
            trust="observed",
            every=timedelta(minutes=5),
            enabled=False,
        )

    def test_a_source_without_a_schedule_is_pulled_on_demand(self, tmp_path: Path) -> None:
        source = a_source(tmp_path, 'connector = "csv"')

        assert (source.every, source.cron, source.enabled) == (None, None, True)

    def test_a_table_that_is_no_secrets_place_is_a_setting(self, tmp_path: Path) -> None:
        source = a_source(tmp_path, 'connector = "csv"\ncolumns = { Handy = "phone" }')

        assert source.settings == {"columns": {"Handy": "phone"}}

    def test_a_path_starts_at_the_folder_of_the_file(self, tmp_path: Path) -> None:
        near = a_source(tmp_path, 'connector = "csv"\npath = "imports/*.csv"')
        far = a_source(tmp_path, 'connector = "csv"\npath = "/srv/customers.csv"')

        assert near.settings == {"path": str(tmp_path / "imports" / "*.csv")}
        assert far.settings == {"path": "/srv/customers.csv"}

    def test_the_schedule_changes_the_jobs_it_names(self, tmp_path: Path) -> None:
        jobs = a_configuration(tmp_path, '[schedule]\nreconcile = "10m"\nprune = "0 3 * * *"').schedules

        assert (jobs["reconcile"].every, jobs["reconcile"].cron) == (timedelta(minutes=10), None)
        assert (jobs["prune"].every, jobs["prune"].cron) == (None, "0 3 * * *")
        assert jobs["verify"] == Configuration().schedules["verify"]

    def test_the_policy_has_all_that_its_table_says(self, tmp_path: Path) -> None:
        policy = a_configuration(
            tmp_path,
            """
            [policy]
            own_numbers = ["+34910000001"]
            common_limit = 8
            phone_binding = "attach"
            roles_extra = ["reception"]
            complete = ["name", "email"]
            suggest_above = 0.8
            dedupe_auto = 0.999
            """,
        ).policy

        assert policy == PolicySettings(
            own_numbers=("+34910000001",),
            common_limit=8,
            phone_binding="attach",
            roles_extra=("reception",),
            complete=("name", "email"),
            suggest_above=0.8,
            dedupe_auto=0.999,
        )

    def test_the_digest_changes_with_what_the_file_says_and_not_with_how(self, tmp_path: Path) -> None:
        five = a_configuration(tmp_path, "[policy]\ncommon_limit = 5\nown_numbers = []").digest
        same = a_configuration(tmp_path, "# ours\npolicy = {own_numbers=[], common_limit=5}").digest
        six = a_configuration(tmp_path, "[policy]\ncommon_limit = 6\nown_numbers = []").digest

        assert five == same
        assert five != six


class TestProblems:
    """Where, what, and what is allowed; never the value."""

    def test_all_of_a_file_are_reported_at_once(self, tmp_path: Path) -> None:
        text = """
            [sources.phone-main]
            connector = "twillio"
            evry = "5m"
            region = "Spain"
            [schedule]
            verify = "often"
            [policy]
            common_limit = 0
            """

        with pytest.raises(ConfigurationError) as caught:
            a_configuration(tmp_path, text)

        assert str(caught.value).splitlines() == [
            f"{tmp_path / 'avouch.toml'}: 5 problems",
            '  sources.phone-main.region: not a known region; allowed: two capital letters of ISO 3166: "ES"',
            (
                "  sources.phone-main.connector: no such connector (did you mean twilio?);"
                " allowed: csv, intercom, twilio"
            ),
            (
                "  sources.phone-main.evry: unknown key (did you mean every?);"
                " allowed: connector, cron, enabled, every, page_limit, region, trust"
            ),
            (
                '  schedule.verify: not a duration; allowed: a number and s, m, h or d ("10m"),'
                ' or five cron fields in UTC ("0 3 * * *")'
            ),
            "  policy.common_limit: out of range; allowed: a whole number from 1 to 1000",
        ]

    def test_a_single_one_stands_on_the_files_line(self, tmp_path: Path) -> None:
        with pytest.raises(
            ConfigurationError, match=r"avouch\.toml: policy\.common_limit: a string, not a whole"
        ):
            a_configuration(tmp_path, '[policy]\ncommon_limit = "5"')

    def test_a_key_that_the_connector_does_not_take_is_named_with_the_nearest(self, tmp_path: Path) -> None:
        said = source_problem(tmp_path, 'connector = "twilio"\naccount_id = "AC0"')

        assert said.startswith(
            "sources.phone-main.account_id: unknown key (did you mean account_sid?); allowed: "
        )

    def test_a_connector_that_checks_its_own_settings_is_left_to(self, tmp_path: Path) -> None:
        assert a_source(tmp_path, 'connector = "csv"\nwhatever = 1').settings == {"whatever": 1}

    def test_without_known_connectors_names_and_settings_are_not_checked(self, tmp_path: Path) -> None:
        source = a_source(tmp_path, 'connector = "new"\nwhatever = 1', connectors=None)

        assert (source.connector, source.settings) == ("new", {"whatever": 1})

    def test_an_unknown_section_is_named(self, tmp_path: Path) -> None:
        assert problem(tmp_path, "[source.phone]") == (
            "source: unknown key (did you mean sources?); allowed: policy, schedule, sources"
        )

    def test_a_source_needs_a_connector(self, tmp_path: Path) -> None:
        assert source_problem(tmp_path, "") == (
            "sources.phone-main: connector is missing; allowed: the name of a connector, such as twilio"
        )

    @pytest.mark.parametrize("name", ["Phone", "-phone", "'phone main'", "teléfono", "a" * 64, '""'])
    def test_a_source_has_a_name_that_fits_a_command_line(self, name: str, tmp_path: Path) -> None:
        quoted = name if name.startswith(("'", '"')) else f'"{name}"'

        assert "not a source's name" in problem(tmp_path, f'[sources.{quoted}]\nconnector = "csv"')

    def test_the_platforms_own_name_is_taken(self, tmp_path: Path) -> None:
        assert "the platform's own name" in problem(tmp_path, '[sources.avouch]\nconnector = "csv"')

    def test_an_interval_and_a_cron_at_once_are_too_many(self, tmp_path: Path) -> None:
        said = source_problem(tmp_path, 'connector = "csv"\nevery = "5m"\ncron = "* * * * *"')

        assert said == "sources.phone-main: every and cron at once; keep one of them"

    @pytest.mark.parametrize(
        ("section", "said"),
        [
            ("sources = 1", "sources: a whole number, not a table; write [sources.phone-main]"),
            ("[[sources]]", "sources: an array, not a table; write [sources.phone-main]"),
            ("sources.phone = 'x'", "sources.phone: a string, not a table; write [sources.phone]"),
            ("policy = true", "policy: true or false, not a table; write [policy]"),
            ("schedule = 2026-01-01", "schedule: a date or time, not a table; write [schedule]"),
        ],
    )
    def test_a_section_that_is_no_table_is_shown_how_to_write(
        self, section: str, said: str, tmp_path: Path
    ) -> None:
        assert problem(tmp_path, section) == said

    def test_a_policy_without_any_detail_would_make_everybody_a_user(self, tmp_path: Path) -> None:
        assert problem(tmp_path, "[policy]\ncomplete = []").startswith("policy.complete: an empty array")


class TestAFileThatCantBeRead:
    def test_a_slip_in_toml_is_named_by_its_line(self, tmp_path: Path) -> None:
        assert "not TOML" in problem(tmp_path, "[sources.phone\n")
        assert "line 1" in problem(tmp_path, "[sources.phone\n")

    def test_text_that_is_not_utf_8_is_named_by_its_place(self, tmp_path: Path) -> None:
        (tmp_path / "avouch.toml").write_bytes(b"# \xe9")

        with pytest.raises(ConfigurationError, match="not UTF-8 text at byte 2"):
            load(tmp_path / "avouch.toml")

    def test_a_folder_is_no_file(self, tmp_path: Path) -> None:
        with pytest.raises(ConfigurationError, match="can't be read: Is a directory"):
            load(tmp_path)


class TestSecrets:
    """A file is read by more people than a secret; a secret is read when it is needed."""

    def test_one_in_clear_is_refused_and_shown_how_to_write(self, tmp_path: Path) -> None:
        said = source_problem(tmp_path, 'connector = "twilio"\nauth_token = "0123456789abcdef"')

        assert said == (
            "sources.phone-main.auth_token: a secret in clear; write directly under [sources.phone-main]:"
            ' auth_token = { env = "TWILIO_AUTH_TOKEN" }'
        )

    @pytest.mark.parametrize(
        "setting",
        [
            'token = "x"',
            'access_token = "x"',
            'api_key = "x"',
            'api_key_secret = "x"',
            'apikey = "x"',
            'Password = "x"',
            'client_secret = "x"',
            "token = 12345",
            'login = { password = "x" }',
            'logins = [{ password = "x" }]',
            'login = { password = { env = "X" } }',
            'url = "https://ana:x@example.com/contacts.csv"',
        ],
    )
    def test_one_in_clear_is_found_wherever_it_hides(self, setting: str, tmp_path: Path) -> None:
        assert "a secret in clear" in source_problem(tmp_path, f'connector = "csv"\n{setting}')

    @pytest.mark.parametrize(
        "setting", ['account_sid = "x"', 'api_key_sid = "x"', 'url = "https://example.com/a@b"', "tokens = 3"]
    )
    def test_a_name_that_only_looks_like_one_is_a_setting(self, setting: str, tmp_path: Path) -> None:
        assert len(a_source(tmp_path, f'connector = "csv"\n{setting}').settings) == 1

    def test_a_header_of_somebodys_file_is_no_secret(self, tmp_path: Path) -> None:
        columns = '{ Password = "ignore", Token = "account:crm", file = "profile:file" }'

        source = a_source(tmp_path, f'connector = "csv"\ncolumns = {columns}')

        assert list(source.settings["columns"]) == ["Password", "Token", "file"]

    def test_one_of_the_environment_is_read_when_asked_for(self, tmp_path: Path) -> None:
        source = a_source(tmp_path, 'connector = "csv"\npassword = { env = "FILES_PASSWORD" }')

        assert source.secrets({"FILES_PASSWORD": "opensesame"}) == {"password": "opensesame"}

    def test_one_in_a_file_lies_beside_the_configuration(self, tmp_path: Path) -> None:
        (tmp_path / "secrets").mkdir()
        (tmp_path / "secrets" / "csv").write_text("opensesame\n", encoding="utf-8")
        source = a_source(tmp_path, 'connector = "csv"\npassword = { file = "secrets/csv" }')

        assert source.secrets({}) == {"password": "opensesame"}

    def test_every_missing_one_is_named(self, tmp_path: Path) -> None:
        (tmp_path / "empty").touch()
        (tmp_path / "binary").write_bytes(b"\xff")
        source = a_source(
            tmp_path,
            """
            connector = "csv"
            password = { env = "FILES_PASSWORD" }
            token = { file = "/nowhere/token" }
            api_key = { file = "empty" }
            secret = { file = "binary" }
            """,
        )

        with pytest.raises(SecretMissingError) as caught:
            source.secrets({"FILES_PASSWORD": ""})

        assert str(caught.value) == (
            "sources.phone-main: password: the environment variable FILES_PASSWORD is not set;"
            " token: the file /nowhere/token can't be read: No such file or directory;"
            f" api_key: the file {tmp_path / 'empty'} is empty;"
            f" secret: the file {tmp_path / 'binary'} can't be read: not UTF-8 text"
        )

    @pytest.mark.parametrize(
        "place", ['{ env = "A", file = "b" }', "{ env = 1 }", '{ file = "" }', '{ env = "A", or = "" }']
    )
    def test_a_place_that_is_neither_is_refused(self, place: str, tmp_path: Path) -> None:
        said = source_problem(tmp_path, f'connector = "csv"\npassword = {place}')

        assert said.endswith('; allowed: { env = "NAME" } or { file = "path" }')

    def test_neither_a_secret_nor_its_digest_shows_in_the_settings(self, tmp_path: Path) -> None:
        source = a_source(tmp_path, 'connector = "csv"\npassword = { env = "FILES_PASSWORD" }')

        source.secrets({"FILES_PASSWORD": "opensesame"})

        assert "opensesame" not in repr(source)
