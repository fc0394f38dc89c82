"""What an answer means, in the words of a run and in those of a trial, which pauses and repeats nothing."""

import pytest

from integrations.errors import UnavailableError
from integrations.verdicts import LATER, REFUSED, STRANGE, Verdict, for_a_person

WHAT = "phone: GET /calls answered 403"


@pytest.mark.parametrize("verdict", [LATER, REFUSED, STRANGE, for_a_person("Ask Ana", because="It is off.")])
def test_a_trial_is_told_to_try_again_and_of_nothing_that_only_a_run_does(verdict: Verdict) -> None:
    told = verdict.told_in_trial("phone", WHAT)

    assert told.startswith(f"{WHAT}.")
    assert told.endswith(": avouch sources test phone")
    assert not any(words in told for words in ("paused", "resume", "--full", "by itself", " \n"))


def test_a_person_is_told_why_and_what_to_do_before_the_source_is_resumed_or_tried_again() -> None:
    verdict = for_a_person("Set calls to false", because="The plan does not have it.")

    assert verdict.told("phone", WHAT) == (
        f"{WHAT}. The plan does not have it. The source is paused; nothing was lost.\n"
        "    Set calls to false, then run: avouch sources resume phone"
    )
    assert verdict.told_in_trial("phone", WHAT) == (
        f"{WHAT}. The plan does not have it.\n    Set calls to false, then run: avouch sources test phone"
    )


def test_an_error_whose_message_is_right_for_both_says_it_once() -> None:
    error = UnavailableError("books: books.csv is not there")

    assert error.tried == str(error)
