"""Where the installed command is, and the table it is asked about."""

from __future__ import annotations

import sys
from pathlib import Path

COMMAND = Path(sys.executable).with_name("datalect")

SALES = """date,region,product,amount,quantity
2024-01-05,East,Tea,120.5,3
2024-01-17,West,Coffee,80,2
2024-02-03,East,Coffee,60,1
2024-02-20,North,Tea,200,5
2024-03-08,West,Tea,150,4
2024-03-30,East,Coffee,90,2
"""
