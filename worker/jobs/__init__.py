"""The work, as plain functions. Tasks and commands start them; each is safe to run twice."""
