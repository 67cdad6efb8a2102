"""Checks behind all others: they build on what was read, and come when that or the complaint asks for them."""
