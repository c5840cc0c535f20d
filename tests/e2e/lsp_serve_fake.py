"""The language server over the stand-in analysis of `lsp_fake`, with short times.

With `impatient`, an analysis process counts as stuck after a second already: for tests in which one is.
With `tcp`, it listens on a port of the system's choice.
"""

import sys

from graphlift.lsp.server import run
from graphlift.lsp.session import WorkerOptions
from graphlift.worker.client import Policy

OPTIONS = WorkerOptions(
    arguments=("--workspace", "lsp_fake:FakeWorkspace", "--quiet", "0.01"),
    policy=Policy(stuck_after=1.0 if "impatient" in sys.argv else 30.0, pauses=(0.0, 0.0)),
)

if __name__ == "__main__":
    sys.exit(run(("127.0.0.1", 0) if "tcp" in sys.argv else None, worker=OPTIONS))
