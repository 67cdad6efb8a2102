"""Which calls wait for somebody at a terminal. How calls are read stands in `lint.shell`."""
