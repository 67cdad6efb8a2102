"""A folder of migrations, built on a PostgreSQL that is thrown away. What is then held against it stands in `lint.database`."""
