"""Runs a command that dies with its supervisor: `python child.py SUPERVISOR_PID COMMAND...`.

A supervisor that is killed cannot stop anybody, and a worker left over would work on, unseen, beside the next
one. On Linux the kernel sees to it; elsewhere the command just runs. This file is run by its path and imports
nothing of ours, so that it costs a start of Python without its packages.
"""

import ctypes
import os
import signal
import sys

_PR_SET_PDEATHSIG = 1
"""From `linux/prctl.h`. The wish survives the exec below; it ends at a change of user."""


def main(supervisor: int, command: list[str]) -> None:
    """Become `command`."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
        if os.getppid() != supervisor:  # It died before the kernel knew of our wish.
            sys.exit(1)
    try:
        os.execvp(command[0], command)  # noqa: S606 -- becoming the command without a shell is the purpose
    except OSError as error:
        sys.exit(f"{command[0]} cannot be run: {error.strerror}")


if __name__ == "__main__":
    main(int(sys.argv[1]), sys.argv[2:])
