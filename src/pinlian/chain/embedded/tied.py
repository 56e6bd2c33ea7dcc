"""Start a program that dies with its parent: `python tied.py PARENT_PID PROGRAM ARGUMENT...`

A node that outlived a killed supervisor would go on without a journal. Only Linux knows how to tie processes;
elsewhere an orphan stays until the machine is restarted, on a port that nobody asks.
"""

import ctypes
import os
import signal
import sys

PR_SET_PDEATHSIG = 1


def main() -> None:
    parent, program = int(sys.argv[1]), sys.argv[2:]
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
        if os.getppid() != parent:
            sys.exit("the parent is gone already")
    os.execv(program[0], program)  # noqa: S606 (no shell is wanted)


if __name__ == "__main__":
    main()
