"""Every law of identity on one random story at a time. `make night H=100000` tries many more of them."""

from hypothesis import given

from tests.properties.strategies import tried
from tests.properties.whole import Whole, every_law, wholes


@tried(on_every_run=150, at_night=20_000)
@given(whole=wholes())
def test_every_law_on_one_history(whole: Whole) -> None:
    every_law(whole)
