"""`python -m fireline` is the command `fireline`."""

from fireline.cli.main import main

raise SystemExit(main())
