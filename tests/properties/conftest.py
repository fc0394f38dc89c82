"""Registers the profile of the long runs at night: `pytest tests/properties --hypothesis-profile=night`."""

from hypothesis import settings

settings.register_profile("night", deadline=None, print_blob=True)
