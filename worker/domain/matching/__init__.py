"""Matching: how probably two contacts are one person, by a model that anyone can read. It joins nobody."""
