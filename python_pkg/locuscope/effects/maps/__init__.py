"""Mutation maps: their places, windows and parts, the nouns, and their files."""
