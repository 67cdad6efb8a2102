"""The grammars of SQL, psql and bash, and the placeholders in them."""
