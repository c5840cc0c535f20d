"""The process that runs programs under TensorFlow, seen from this side."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

HERE = Path(__file__).parent

_BOOT = """
import sys
sys.path.insert(0, sys.argv[1])
from recording import serve
serve.main()
"""

MODES = ("eager", "graph")
"""As plain Python, with every `tf.function` run eagerly; and as it is written."""


@dataclass(frozen=True)
class Sight:
    """What was seen at one place: each value described (see `recording.describe`), and whether a graph was made."""

    kind: str
    span: tuple[int, int, int, int]
    name: str
    values: tuple[tuple[Any, bool], ...]


@dataclass(frozen=True)
class Record:
    """What one run saw, by absolute path. `error` is the traceback of a program that failed."""

    error: str
    files: dict[str, tuple[Sight, ...]]


class Recorder:
    """A fork server with TensorFlow for one major version of Keras. A context manager; not thread-safe."""

    def __init__(self, keras: int = 3, python: str = sys.executable) -> None:
        self._scratch = tempfile.TemporaryDirectory(prefix="soundness-")
        self._log = Path(self._scratch.name, "log").open("w")  # noqa: SIM115 - closed by `close`
        environment = {
            **os.environ,
            "CUDA_VISIBLE_DEVICES": "-1",
            "TF_CPP_MIN_LOG_LEVEL": "3",
            "TF_USE_LEGACY_KERAS": "1" if keras == 2 else "0",
            "TF_ENABLE_ONEDNN_OPTS": "0",
            "OMP_NUM_THREADS": "1",
            "OPENBLAS_NUM_THREADS": "1",
            "TF_NUM_INTRAOP_THREADS": "1",
            "PYTHONHASHSEED": "0",
            "PYTHONDONTWRITEBYTECODE": "1",
            "MPLBACKEND": "Agg",
        }
        self._process = subprocess.Popen(
            [python, "-c", _BOOT, str(HERE)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self._log,
            text=True,
            encoding="utf-8",
            env=environment,
            cwd=self._scratch.name,
        )
        self._count = 0

    def __enter__(self) -> Recorder:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """End the process and remove what it left."""
        assert self._process.stdin is not None
        self._process.stdin.close()
        self._process.wait(30)
        self._log.close()
        self._scratch.cleanup()

    def run(self, root: Path, entry: str, mode: str, seconds: int = 120) -> Record:
        """Run a program's driver in one of `MODES`, with at most so many seconds of processor time."""
        self._count += 1
        place = Path(self._scratch.name, str(self._count))
        (place / "work").mkdir(parents=True)
        out = place / "record.json"
        answer = self._ask(
            {
                "root": str(root),
                "entry": entry,
                "mode": mode,
                "seconds": seconds,
                "out": str(out),
                "cwd": str(place / "work"),
                "copies": str(place / "copies"),
            }
        )
        if not out.exists():
            return Record(f"the run ended with {answer}", {})
        data = json.loads(out.read_text("utf-8"))
        out.unlink()
        return Record(
            data["error"],
            {
                path: tuple(
                    Sight(s["kind"], tuple(s["span"]), s["name"], tuple((v, g) for v, g in s["values"]))
                    for s in sights
                )
                for path, sights in data["files"].items()
            },
        )

    def resolve(self, names: list[str]) -> dict[str, Any]:
        """What canonical names of library objects stand for, described; unknown names are missing."""
        found: dict[str, Any] = self._ask({"names": sorted(names)})["names"]
        return found

    def _ask(self, request: dict[str, Any]) -> dict[str, Any]:
        assert self._process.stdin is not None and self._process.stdout is not None
        self._process.stdin.write(json.dumps(request) + "\n")
        self._process.stdin.flush()
        line = self._process.stdout.readline()
        if not line:
            self._log.flush()
            raise RuntimeError(f"the recording process ended:\n{Path(self._log.name).read_text()[-3000:]}")
        answer: dict[str, Any] = json.loads(line)
        return answer
