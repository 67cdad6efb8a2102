"""The ways of keeping traffic away from a database: one file each."""
