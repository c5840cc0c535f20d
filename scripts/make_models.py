"""Makes the tables under `server/graphlift/models/data/` by asking the installed libraries.

Run `python scripts/make_models.py [--refit[=PART_OF_NAME]] [TABLE ...]` (tables: tensorflow keras3 keras2 numpy libraries) in an
environment with TensorFlow, Keras 3, tf_keras and NumPy. What earlier trial calls found is kept unless `--refit` is
given, which takes some twenty minutes a table; `--refit=gaps` tries again what lacks something. The hand-written parts are in
`scripts/modelgen/assigned/`. `tensorflow-2.15` and `keras2-2.15`, the differences of the oldest supported release, are made
after the others, with Python 3.11, `tensorflow==2.15.1`, `tf_keras==2.15.1`, `numpy<2` and `msgspec`, and with `server` on
`PYTHONPATH`.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
sys.path.insert(0, str(Path(__file__).parent))

from modelgen import build

DATA = Path(__file__).parent.parent / "server" / "graphlift" / "models" / "data"


def main(names: list[str]) -> None:
    build.REFIT = next((name.partition("=")[2] or "all" for name in names if name.startswith("--refit")), "")
    names = [name for name in names if not name.startswith("-")]
    for name in names or list(build.TABLES):
        lines = (build.TABLES | build.ELSEWHERE)[name]()
        DATA.mkdir(parents=True, exist_ok=True)
        draft = DATA / f".{name}.jsonl"
        draft.write_text("\n".join(lines) + "\n", encoding="utf-8")
        draft.replace(DATA / f"{name}.jsonl")
        print(f"{name}: {len(lines) - 1} entries")


if __name__ == "__main__":
    main(sys.argv[1:])
