"""The policy, and what another one would change."""
