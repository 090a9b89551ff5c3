"""How often the tests of many at once are repeated: twice in every run, fifty times in `make chaos`."""

from __future__ import annotations

import os

LONG = os.environ.get("CWMS_CHAOS") == "long"
AT_ONCE = 50
ROUNDS = 50 if LONG else 2
