"""Copying newer rows from a replaced database into the one in use, by primary key, and taking them back."""
