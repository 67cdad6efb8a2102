"""What PostgreSQL's own views and functions are, version by version, and what of them a statement names. No server is asked."""
