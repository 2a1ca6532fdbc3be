"""A real browser for tests: headless Chromium driven over its own pipe, without further packages.

The DevTools protocol is spoken over two file descriptors (``--remote-debugging-pipe``): messages are JSON,
each ended by a zero byte. DATALECT_BROWSER names the program; without one, the usual names are tried.
"""

from __future__ import annotations

import base64
import json
import os
import select
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

_NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome", "microsoft-edge")
_ON_3_AND_4 = """
import fcntl, os, sys
held = [fcntl.fcntl(int(n), fcntl.F_DUPFD, 10) for n in sys.argv[1:3]]  # out of the way of 3 and 4
os.dup2(held[0], 3)
os.dup2(held[1], 4)
os.execv(sys.argv[3], sys.argv[3:])
"""
_PATIENCE = 60.0  # seconds the browser may take for one answer


def find_browser() -> str | None:
    """The program to run, or None where there is no browser."""
    named = os.environ.get("DATALECT_BROWSER")
    if named is not None:
        return named or None
    return next((path for name in _NAMES if (path := shutil.which(name))), None)


class Page:
    """One tab.

    Attributes:
        requests: addresses the tab asked for, in order.
        dialogs: texts of alerts, confirmations and prompts that were opened (and closed again at once).
        messages: what scripts and the policy wrote to the console.
    """

    def __init__(self, browser: Browser, session: str, target: str) -> None:
        self._browser = browser
        self._session = session
        self.target = target
        self.requests: list[str] = []
        self.dialogs: list[str] = []
        self.messages: list[str] = []
        for domain in ("Page", "Runtime", "Network", "Log"):
            self.send(f"{domain}.enable")

    def send(self, method: str, **parameters: Any) -> dict[str, Any]:
        """Call a method of the protocol and wait for its answer."""
        return self._browser.send(method, parameters, self._session)

    def go(self, address: str) -> None:
        """Open an address and wait until it is loaded."""
        self._browser.loaded.discard(self._session)
        answer = self.send("Page.navigate", url=address)
        if "errorText" in answer:
            raise RuntimeError(f"{address}: {answer['errorText']}")
        self._browser.wait(lambda: self._session in self._browser.loaded)

    def run(self, expression: str) -> Any:
        """The value of an expression in the page, as plain data; promises are waited for."""
        answer = self.send(
            "Runtime.evaluate", expression=expression, returnByValue=True, awaitPromise=True, userGesture=True
        )
        if "exceptionDetails" in answer:
            raise RuntimeError(json.dumps(answer["exceptionDetails"])[:2000])
        return answer["result"].get("value")

    def press(self, key: str, code: int, text: str = "") -> None:
        """Press and release one key."""
        common = {"key": key, "code": key, "windowsVirtualKeyCode": code}
        self.send("Input.dispatchKeyEvent", type="keyDown", text=text, **common)
        self.send("Input.dispatchKeyEvent", type="keyUp", **common)

    def click(self, selector: str) -> None:
        """Click the middle of an element with the mouse."""
        place = self.run(
            f"(() => {{ const e = document.querySelector({json.dumps(selector)});"
            " e.scrollIntoView({block: 'center', behavior: 'instant'}); const r = e.getBoundingClientRect();"
            " return [r.x + r.width / 2, r.y + r.height / 2]; })()"
        )
        for kind in ("mousePressed", "mouseReleased"):
            self.send(
                "Input.dispatchMouseEvent", type=kind, x=place[0], y=place[1], button="left", clickCount=1
            )

    def emulate(self, width: int, height: int, *, dark: bool = False, medium: str = "") -> None:
        """Set the size of the window, the reader's colour scheme and the medium (``print``)."""
        self.send(
            "Emulation.setDeviceMetricsOverride", width=width, height=height, deviceScaleFactor=1,
            mobile=width < 600,
        )  # fmt: skip
        scheme = {"name": "prefers-color-scheme", "value": "dark" if dark else "light"}
        self.send("Emulation.setEmulatedMedia", media=medium, features=[scheme])

    def picture(self, path: Path, *, whole: bool = False) -> None:
        """Save what is seen, or the whole page, as PNG."""
        answer = self.send("Page.captureScreenshot", format="png", captureBeyondViewport=whole)
        path.write_bytes(base64.b64decode(answer["data"]))

    def pdf(self, path: Path) -> None:
        """Print the page."""
        answer = self.send("Page.printToPDF", printBackground=False, preferCSSPageSize=True)
        path.write_bytes(base64.b64decode(answer["data"]))

    def close(self) -> None:
        """Close the tab."""
        self._browser.send("Target.closeTarget", {"targetId": self.target}, None)


class Browser:
    """A running browser."""

    def __init__(self, program: str, profile: str) -> None:
        to_read, self._to = os.pipe()
        self._from, to_write = os.pipe()
        arguments = [
            program, "--headless=new", "--no-sandbox", "--disable-gpu", "--no-first-run", "--hide-scrollbars",
            "--disable-background-networking", "--disable-component-update", "--disable-sync", "--mute-audio",
            "--disable-dev-shm-usage", f"--user-data-dir={profile}", "--remote-debugging-pipe", "about:blank",
        ]  # fmt: skip
        self._process = subprocess.Popen(
            [sys.executable, "-c", _ON_3_AND_4, str(to_read), str(to_write), *arguments],
            pass_fds=(to_read, to_write), stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )  # fmt: skip
        os.close(to_read)
        os.close(to_write)
        self._buffer = b""
        self._number = 0
        self._answers: dict[int, dict[str, Any]] = {}
        self._pages: dict[str, Page] = {}
        self.loaded: set[str] = set()

    def page(self) -> Page:
        """A new tab."""
        target = self.send("Target.createTarget", {"url": "about:blank"}, None)["targetId"]
        session = self.send("Target.attachToTarget", {"targetId": target, "flatten": True}, None)["sessionId"]
        page = Page(self, session, target)
        self._pages[session] = page
        return page

    def send(self, method: str, parameters: dict[str, Any], session: str | None) -> dict[str, Any]:
        """Call a method and wait for its answer; events on the way are sorted."""
        number = self._post(method, parameters, session)
        self.wait(lambda: number in self._answers)
        answer = self._answers.pop(number)
        if "error" in answer:
            raise RuntimeError(f"{method}: {answer['error']}")
        result: dict[str, Any] = answer["result"]
        return result

    def wait(self, done: Any) -> None:
        """Read what the browser says until a condition holds."""
        end = time.monotonic() + _PATIENCE
        while not done():
            left = end - time.monotonic()
            if left <= 0:
                raise TimeoutError("the browser did not answer")
            ready, _, _ = select.select([self._from], [], [], left)
            if ready:
                chunk = os.read(self._from, 1 << 20)
                if not chunk:
                    raise RuntimeError("the browser closed its pipe")
                self._take(chunk)

    def close(self) -> None:
        """End the browser."""
        try:
            self._post("Browser.close", {}, None)
            self._process.wait(10)
        except (subprocess.TimeoutExpired, OSError):
            self._process.kill()
            self._process.wait()
        os.close(self._to)
        os.close(self._from)

    def _post(self, method: str, parameters: dict[str, Any], session: str | None) -> int:
        self._number += 1
        message: dict[str, Any] = {"id": self._number, "method": method, "params": parameters}
        if session is not None:
            message["sessionId"] = session
        data = json.dumps(message).encode() + b"\0"
        while data:
            data = data[os.write(self._to, data) :]
        return self._number

    def _take(self, chunk: bytes) -> None:
        *whole, self._buffer = (self._buffer + chunk).split(b"\0")
        for part in whole:
            message = json.loads(part)
            if "id" in message:
                self._answers[message["id"]] = message
            else:
                self._event(message)

    def _event(self, message: dict[str, Any]) -> None:
        method, held = message["method"], message["params"]
        session = message.get("sessionId", "")
        page = self._pages.get(session)
        if method == "Page.loadEventFired":
            self.loaded.add(session)
        if page is None:
            return
        if method == "Network.requestWillBeSent":
            page.requests.append(held["request"]["url"])
        elif method == "Runtime.consoleAPICalled":
            page.messages.append(" ".join(str(a.get("value", "")) for a in held["args"]))
        elif method == "Log.entryAdded":
            page.messages.append(held["entry"]["text"])
        elif method == "Runtime.exceptionThrown":
            page.messages.append(json.dumps(held["exceptionDetails"])[:500])
        elif method == "Page.javascriptDialogOpening":
            page.dialogs.append(held["message"])
            self._post("Page.handleJavaScriptDialog", {"accept": False}, session)


@contextmanager
def browser() -> Iterator[Browser]:
    """A browser for the length of a block.

    Raises:
        FileNotFoundError: there is none on this machine.
    """
    program = find_browser()
    if program is None:
        raise FileNotFoundError("no Chromium found; name one in DATALECT_BROWSER")
    with tempfile.TemporaryDirectory(prefix="datalect-browser-", ignore_cleanup_errors=True) as profile:
        running = Browser(program, profile)
        try:
            yield running
        finally:
            running.close()
