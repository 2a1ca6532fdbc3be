"""Fonts for drawing Chinese into a PNG."""

from __future__ import annotations

import os
import warnings
from functools import cache
from pathlib import Path

# Parts of the file names of fonts that hold Chinese characters, on Linux, macOS and Windows.
_KNOWN = (
    "notosanscjk", "notoserifcjk", "notosanssc", "notosanstc", "sourcehan", "wqy", "msyh", "simsun", "simhei",
    "pingfang", "stheiti", "hiragino", "droidsansfallback", "uming", "ukai", "deng",
    "arialunicode", "microhei",
    "zenhei", "lxgw", "fandol",
)  # fmt: skip


def _folders() -> list[Path]:
    home = Path.home()
    return [
        Path("/usr/share/fonts"),
        Path("/usr/local/share/fonts"),
        home / ".fonts",
        home / ".local/share/fonts",
        Path("/System/Library/Fonts"),
        Path("/Library/Fonts"),
        home / "Library/Fonts",
        Path(os.environ.get("WINDIR", "C:/Windows")) / "Fonts",
    ]


@cache
def chinese_font_installed() -> bool:
    """Whether a font with Chinese characters is in one of the system's font folders."""
    for folder in _folders():
        if not folder.is_dir():
            continue
        for path in folder.rglob("*"):
            name = path.name.lower().replace("-", "").replace("_", "").replace(" ", "")
            if path.suffix.lower() in (".ttf", ".ttc", ".otf") and any(part in name for part in _KNOWN):
                return True
    return False


@cache
def register_fonts() -> bool:
    """Register the folder named in ``DATALECT_FONTS``; whether there was one."""
    folder = os.environ.get("DATALECT_FONTS")
    if not folder or not Path(folder).is_dir():
        return False
    import vl_convert

    vl_convert.register_font_directory(str(Path(folder).resolve()))
    return True


def warn_without_chinese() -> None:
    """Say so when Chinese text is about to be drawn as empty boxes."""
    if not register_fonts() and not chinese_font_installed():
        warnings.warn(
            "No font with Chinese characters was found, so the PNG may show empty boxes. "
            "Install one (for example the package fonts-noto-cjk), name a folder of fonts in "
            "DATALECT_FONTS, or save SVG.",
            stacklevel=3,
        )
