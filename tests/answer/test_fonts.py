"""PNG with Chinese text says so when this machine cannot draw it."""

from __future__ import annotations

import pytest

from datalect.answer import fonts


def test_a_machine_without_chinese_fonts_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fonts, "chinese_font_installed", lambda: False)
    monkeypatch.setattr(fonts, "register_fonts", lambda: False)
    with pytest.warns(UserWarning, match="Chinese"):
        fonts.warn_without_chinese()
