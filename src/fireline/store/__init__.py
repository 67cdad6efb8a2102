"""Our own notebook: connect, migrate, wake. Never the patient's database; that is `postgres`."""
