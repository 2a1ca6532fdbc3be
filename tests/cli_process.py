"""Where the installed command is."""

from __future__ import annotations

import sys
from pathlib import Path

COMMAND = Path(sys.executable).with_name("datalect")
