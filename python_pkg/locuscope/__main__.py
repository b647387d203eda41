"""`python -m locuscope` is the command `locuscope`."""

from locuscope.cli import main

raise SystemExit(main())
