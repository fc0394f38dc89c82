"""Lets the cases of the contract explain themselves when they fail."""

import pytest

pytest.register_assert_rewrite("tests.connectors.contract")
