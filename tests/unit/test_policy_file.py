"""A file of the policy: what it may look like, and every problem at once."""

from collections.abc import Sequence
from pathlib import Path

import pytest

from config.errors import ConfigurationError
from config.policy import PolicyFile, read_policy_file

SOURCES = ("calls", "crm")
SETTINGS = (
    "audiences",
    "common_limit",
    "complete",
    "dedupe_auto",
    "own_numbers",
    "phone_binding",
    "roles_extra",
    "suggest_above",
)
AT_THE_TOP = sorted((*SETTINGS, "policy", "schedule", "sources", "trust"))

AS_A_WHOLE = """
[sources.calls]
connector = "twilio"
account_sid = "anything, for it is not looked at"
trust = "observed"
[sources.new-one]
connector = "csv"
[schedule]
verify = "1d"
[policy]
common_limit = 3
"""


def read(folder: Path, text: str, sources: Sequence[str] = SOURCES) -> PolicyFile:
    file = folder / "new.toml"
    file.write_text(text, encoding="utf-8")
    return read_policy_file(file, sources)


def problems(folder: Path, text: str, sources: Sequence[str] = SOURCES) -> tuple[str, ...]:
    with pytest.raises(ConfigurationError) as refused:
        read(folder, text, sources)
    return refused.value.problems


@pytest.mark.parametrize(
    ("text", "settings", "trust"),
    [
        ("", {}, {}),
        ("common_limit = 3", {"common_limit": 3}, {}),
        ("[policy]\ncommon_limit = 3", {"common_limit": 3}, {}),
        ('dedupe_auto = "off"\nsuggest_above = 0', {"dedupe_auto": None, "suggest_above": 0.0}, {}),
        ("dedupe_auto = 0.999", {"dedupe_auto": 0.999}, {}),
        ('roles_extra = ["front"]\n[trust]\ncrm = "stored"', {"roles_extra": ("front",)}, {"crm": "stored"}),
        ("common_limit = 3\n[policy]\naudiences = []", {"common_limit": 3, "audiences": ()}, {}),
        (AS_A_WHOLE, {"common_limit": 3}, {"calls": "observed"}),
    ],
    ids=[
        "nothing",
        "by themselves",
        "under [policy]",
        "switched off",
        "a line",
        "with trust",
        "both",
        "a whole avouch.toml",
    ],
)
def test_a_file_says_only_what_stands_there(
    tmp_path: Path, text: str, settings: dict[str, object], trust: dict[str, str]
) -> None:
    assert read(tmp_path, text) == PolicyFile(settings, trust)


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        (
            "comon_limit = 3",
            f"comon_limit: unknown key (did you mean common_limit?); allowed: {', '.join(AT_THE_TOP)}",
        ),
        (
            "[policy]\nown_number = []",
            f"policy.own_number: unknown key (did you mean own_numbers?); allowed: {', '.join(SETTINGS)}",
        ),
        (
            "common_limit = 1\n[policy]\ncommon_limit = 2",
            "common_limit: stands under [policy] too; keep one of them",
        ),
        ("common_limit = 0", "common_limit: out of range; allowed: a whole number from 1 to 1000"),
        ("complete = []", "complete: an empty array; allowed: at least one of name, email, phone"),
        (
            "[policy]\ncomplete = []",
            "policy.complete: an empty array; allowed: at least one of name, email, phone",
        ),
        ('[trust]\nCRM = "stored"', "trust.CRM: no such source; allowed: calls, crm"),
        ('[trust]\ncrn = "stored"', "trust.crn: no such source (did you mean crm?); allowed: calls, crm"),
        (
            '[trust]\ncrm = "sure"',
            "trust.crm: not one of the allowed words; allowed: claimed, observed, stored, verified",
        ),
        ("trust = 1", 'trust: a whole number, not a table; write [trust] and crm = "stored"'),
        ("policy = []", "policy: an array, not a table; write [policy]"),
        (
            '[trust]\ncrm = "stored"\n[sources.crm]\ntrust = "stored"',
            "sources.crm.trust: stands under [trust] too; keep one of them",
        ),
        (
            '[sources.calls]\ntrsut = "stored"',
            "sources.calls.trsut: unknown key (did you mean trust?); allowed: trust",
        ),
        ('[sources.new]\ntrust = "stored"', "sources.new.trust: no such source; allowed: calls, crm"),
        ("[sources]\ncalls = 1", "sources.calls: a whole number, not a table; write [sources.calls]"),
        ("common_limit", "not TOML: "),
    ],
)
def test_a_problem_says_where_it_is_and_what_is_allowed(tmp_path: Path, text: str, problem: str) -> None:
    (found,) = problems(tmp_path, text)

    assert found == problem or (problem.endswith(": ") and found.startswith(problem))


def test_all_problems_of_a_file_are_told_at_once(tmp_path: Path) -> None:
    found = problems(
        tmp_path,
        'common_limit = "5"\nphone_bindng = "attach"\ncomplete = ["nme"]\n[trust]\ncrm = 1\nshop = "x"',
    )

    assert [each.split(":")[0] for each in found] == [
        "phone_bindng",
        "common_limit",
        "complete",
        "trust.crm",
        "trust.shop",
        "trust.shop",
    ]


def test_where_there_are_no_sources_yet_it_says_so(tmp_path: Path) -> None:
    assert problems(tmp_path, '[trust]\ncrm = "stored"', ()) == (
        "trust.crm: no such source; allowed: none, for there are no sources yet",
    )


def test_bytes_that_are_no_text_are_refused(tmp_path: Path) -> None:
    file = tmp_path / "new.toml"
    file.write_bytes(b"common_limit = 3 # \xff")

    with pytest.raises(ConfigurationError, match="not UTF-8 text at byte 19"):
        read_policy_file(file, SOURCES)
