"""The patient: connect to it, ask who it is, prove that a statement only reads. Never our own store."""
