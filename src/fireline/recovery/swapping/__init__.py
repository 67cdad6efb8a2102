"""Putting a restored database in the place of the one in use, and back: what it stands on, what is carried over, what a death leaves."""
