"""The deliberate mistakes of `tests/mutations.py` can still be made: each finds its place in the engine."""

import ast

import pytest

from tests.mutations import MUTATIONS, ROOT, Mutation


@pytest.mark.parametrize("mutation", MUTATIONS, ids=lambda mutation: mutation.name)
def test_a_mutation_finds_its_place_once_and_leaves_python(mutation: Mutation) -> None:
    text = (ROOT / mutation.file).read_text(encoding="utf-8")

    mutated = text.replace(mutation.old, mutation.new)

    assert text.count(mutation.old) == 1
    assert ast.dump(ast.parse(mutated)) != ast.dump(ast.parse(text))


def test_the_tests_of_a_mutation_are_there() -> None:
    assert [path for each in MUTATIONS for path in each.tests if not (ROOT / path).exists()] == []
