"""A system-call filter: no new sockets, no new programs, no new processes.

Landlock (as of ABI 7) denies files and TCP but leaves UDP, raw and Unix sockets alone, so the filter
closes those. It lists what a query worker never needs and a hijacked one would want; everything it denies
fails with EPERM.
Source: Linux kernel documentation, userspace-api/seccomp_filter; classic BPF opcodes from linux/bpf_common.h.
"""

from __future__ import annotations

import ctypes
import errno
import os
import platform
import struct
import sys

_LD_WORD_ABS, _JUMP_EQUAL, _JUMP_GE, _JUMP_SET, _RETURN = 0x20, 0x15, 0x35, 0x45, 0x06
_ALLOW, _ERRNO = 0x7FFF0000, 0x00050000
_NUMBER_AT, _ARCHITECTURE_AT, _FIRST_ARGUMENT_AT = 0, 4, 16  # offsets in struct seccomp_data, little-endian
_CLONE_THREAD = 0x10000
_PR_SET_NO_NEW_PRIVS, _PR_SET_SECCOMP, _MODE_FILTER = 38, 22, 2
_X32 = 0x40000000  # the second numbering of x86-64

# name -> (x86_64, aarch64); -1 where an architecture has no such call.
_DENIED = {
    "socket": (41, 198), "socketpair": (53, 199), "connect": (42, 203), "bind": (49, 200), "listen": (50,
    201), "accept": (43, 202), "accept4": (288, 242), "fork": (57, -1), "vfork": (58, -1), "execve": (59,
    221), "execveat": (322, 281), "ptrace": (101, 117), "process_vm_readv": (310, 270),
    "process_vm_writev": (311, 271), "pidfd_getfd": (438, 438), "io_uring_setup": (425, 425),
    "userfaultfd": (323, 282), "bpf": (321, 280), "perf_event_open": (298, 241), "memfd_create": (319,
    279), "open_by_handle_at": (304, 265), "mount": (165, 40), "umount2": (166, 39), "pivot_root": (155,
    41), "chroot": (161, 51), "unshare": (272, 97), "setns": (308, 268), "add_key": (248, 217),
    "request_key": (249, 218), "keyctl": (250, 219), "init_module": (175, 105), "finit_module": (313,
    273), "kexec_load": (246, 104), "reboot": (169, 142),
}  # fmt: skip
_CLONE = (56, 220)
_CLONE3 = (435, 435)
_ARCHITECTURES = {"x86_64": (0, 0xC000003E), "aarch64": (1, 0xC00000B7)}


class _Program(ctypes.Structure):
    _fields_ = (("length", ctypes.c_ushort), ("filter", ctypes.c_char_p))


def available() -> bool:
    """Whether the filter is written for this system."""
    return sys.platform.startswith("linux") and platform.machine() in _ARCHITECTURES


def restrict() -> None:
    """Apply the filter to this thread and all that it starts. It cannot be taken off.

    Raises:
        OSError: the kernel refuses.
    """
    code = _code()
    program = _Program(len(code) // 8, code)
    libc = ctypes.CDLL(None, use_errno=True)
    libc.prctl(_PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0)
    if libc.prctl(_PR_SET_SECCOMP, _MODE_FILTER, ctypes.byref(program), 0, 0) != 0:
        number = ctypes.get_errno()
        raise OSError(number, f"cannot apply the system-call filter: {os.strerror(number)}")


def _code() -> bytes:
    column, architecture = _ARCHITECTURES[platform.machine()]
    denied = [numbers[column] for numbers in _DENIED.values() if numbers[column] >= 0]
    deny = _ERRNO | errno.EPERM
    # clone3 hides its flags behind a pointer; without it the C library falls back to clone, which can be
    # judged.
    tail = [
        (_JUMP_EQUAL, 0, 1, _CLONE3[column]), (_RETURN, 0, 0, _ERRNO | errno.ENOSYS),
        (_JUMP_EQUAL, 0, 2, _CLONE[column]), (_LD_WORD_ABS, 0, 0, _FIRST_ARGUMENT_AT),
        (_JUMP_SET, 0, 1, _CLONE_THREAD), (_RETURN, 0, 0, _ALLOW), (_RETURN, 0, 0, deny),
    ]  # fmt: skip
    to_deny = len(denied) + len(tail) - 1  # distance from the first comparison to the last instruction
    head = [
        (_LD_WORD_ABS, 0, 0, _ARCHITECTURE_AT),
        (_JUMP_EQUAL, 0, to_deny + 2, architecture),
        (_LD_WORD_ABS, 0, 0, _NUMBER_AT),
        (_JUMP_GE, to_deny, 0, _X32),
    ]
    body = [(_JUMP_EQUAL, to_deny - 1 - i, 0, number) for i, number in enumerate(denied)]
    return b"".join(struct.pack("=HBBI", *instruction) for instruction in (*head, *body, *tail))
