"""The rules, pure: evidence in, contacts out. No clock, no settings, no I/O."""
