"""Landlock: a Linux process gives up the right to touch files, for good.

The three system calls are made through ctypes because Python has no wrapper. Only the calling thread and the
threads and processes it starts later are bound, so this must run before any other thread exists.
Source: Linux kernel documentation, userspace-api/landlock.
"""

from __future__ import annotations

import ctypes
import os
import struct
import sys
from collections.abc import Iterable
from pathlib import Path

# System call numbers are the same on every architecture since Linux 5.
_CREATE_RULESET, _ADD_RULE, _RESTRICT_SELF = 444, 445, 446
_CREATE_RULESET_VERSION = 1
_RULE_PATH_BENEATH = 1
_PR_SET_NO_NEW_PRIVS = 38

_EXECUTE, _READ_FILE, _READ_DIR = 1 << 0, 1 << 2, 1 << 3
# Access rights a kernel knows, by ABI version: all of them are handled, which means denied unless granted.
_FS_BITS = {1: 13, 2: 14, 3: 15, 4: 15, 5: 16}
_NET_BIND_CONNECT = 0b11  # ABI 4
_SCOPE_UNIX_SIGNAL = 0b11  # ABI 6


def abi() -> int:
    """The Landlock version of this kernel, 0 where it has none."""
    if not sys.platform.startswith("linux"):
        return 0
    version = _syscall(_CREATE_RULESET, None, 0, _CREATE_RULESET_VERSION)
    return max(version, 0)


def restrict(read: Iterable[Path], write: Iterable[Path] = ()) -> list[str]:
    """Take every file-system right from this process except reading some files.

    Args:
        read: files, or folders with all that is in them, that stay readable.
        write: folders whose content stays writable.

    Returns:
        What is enforced: ``files``, and ``tcp`` and ``scope`` where the kernel has them.

    Raises:
        OSError: the kernel has no Landlock or refuses a rule.
    """
    version = abi()
    if version == 0:
        raise OSError("this kernel has no Landlock")
    handled = (1 << _FS_BITS[min(version, 5)]) - 1
    net = _NET_BIND_CONNECT if version >= 4 else 0
    scope = _SCOPE_UNIX_SIGNAL if version >= 6 else 0
    attribute = struct.pack("=QQQ", handled, net, scope)
    size = 24 if version >= 6 else 16 if version >= 4 else 8
    ruleset = _checked(_syscall(_CREATE_RULESET, attribute, size, 0), "create a Landlock rule set")
    try:
        for path in read:
            _grant(ruleset, path, _READ_FILE | _READ_DIR)
        for path in write:
            _grant(ruleset, path, handled & ~_EXECUTE)
        libc = ctypes.CDLL(None, use_errno=True)
        _checked(libc.prctl(_PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0), "give up new privileges")
        _checked(_syscall(_RESTRICT_SELF, ruleset, 0), "apply Landlock")
    finally:
        os.close(ruleset)
    return ["files"] + (["tcp"] if net else []) + (["scope"] if scope else [])


def _grant(ruleset: int, path: Path, rights: int) -> None:
    """Allow some rights on a path; a path that does not exist needs no grant."""
    try:
        descriptor = os.open(path, os.O_PATH | os.O_CLOEXEC)
    except FileNotFoundError:
        return
    try:
        if not path.is_dir():
            rights &= _READ_FILE
        rule = struct.pack("=Qi", rights, descriptor)
        _checked(_syscall(_ADD_RULE, ruleset, _RULE_PATH_BENEATH, rule, 0), f"grant {path.name}")
    finally:
        os.close(descriptor)


def _syscall(number: int, *args: int | bytes | None) -> int:
    libc = ctypes.CDLL(None, use_errno=True)
    libc.syscall.restype = ctypes.c_long
    wrapped = [ctypes.c_long(a) if isinstance(a, int) else ctypes.c_char_p(a) for a in args]
    return int(libc.syscall(ctypes.c_long(number), *wrapped))


def _checked(result: int, what: str) -> int:
    if result < 0:
        code = ctypes.get_errno()
        raise OSError(code, f"cannot {what}: {os.strerror(code)}")
    return result
