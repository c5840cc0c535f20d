"""Where an import of TensorFlow goes: what a person with isort would do. Expected texts are isort-clean."""

import re
import subprocess
import sys

import pytest

from .support import converted

PLACES = {
    "empty file but the function": (
        "def f(x): return x\n",
        "import tensorflow as tf\n\n\n@tf.function\ndef f(x): return x\n",
    ),
    "after the docstring": (
        '"""Doc."""\n\n\ndef f(x): return x\n',
        '"""Doc."""\n\nimport tensorflow as tf\n\n\n@tf.function\ndef f(x): return x\n',
    ),
    "after the docstring and future imports": (
        '"""Doc."""\nfrom __future__ import annotations\n\n\ndef f(x): return x\n',
        '"""Doc."""\nfrom __future__ import annotations\n\nimport tensorflow as tf\n\n\n@tf.function\n'
        "def f(x): return x\n",
    ),
    "after shebang, encoding and licence": (
        "#!/usr/bin/env python\n# -*- coding: utf-8 -*-\n# Licence\n\nx = 1\n\ndef f(x): return x\n",
        "#!/usr/bin/env python\n# -*- coding: utf-8 -*-\n# Licence\n\nimport tensorflow as tf\n\nx = 1\n"
        "\n@tf.function\n"
        "def f(x): return x\n",
    ),
    "shebang alone, a comment about the code": (
        "#!/usr/bin/env python\n# About f.\ndef f(x): return x\n",
        "#!/usr/bin/env python\nimport tensorflow as tf\n\n# About f.\n@tf.function\ndef f(x): return x\n",
    ),
    "among third-party imports by name": (
        "import os\n\nimport numpy as np\nimport yaml\nfrom absl import app\n\ndef f(x): return x\n",
        "import os\n\nimport numpy as np\nimport tensorflow as tf\nimport yaml\nfrom absl import app\n\n"
        "@tf.function\ndef f(x): return x\n",
    ),
    "before the third-party imports from": (
        "import os\n\nfrom absl import app\nfrom tensorflow import keras\n\ndef f(x): return x\n",
        "import os\n\nimport tensorflow as tf\nfrom absl import app\nfrom tensorflow import keras\n\n"
        "@tf.function\n"
        "def f(x): return x\n",
    ),
    "a section of its own": (
        "import os\n\nfrom . import x\n\ndef f(x): return x\n",
        "import os\n\nimport tensorflow as tf\n\nfrom . import x\n\n@tf.function\ndef f(x): return x\n",
    ),
    "a section of its own, nothing between": (
        "import os\nfrom . import x\n\ndef f(x): return x\n",
        "import os\n\nimport tensorflow as tf\n\nfrom . import x\n\n@tf.function\ndef f(x): return x\n",
    ),
    "only the package's own imports": (
        "from pkg import x\n\ndef f(x): return x\n",
        "import tensorflow as tf\n\nfrom pkg import x\n\n@tf.function\ndef f(x): return x\n",
    ),
    "comment above the first import stays with it": (
        "import os\n\n# third party\nfrom yaml import load\n\ndef f(x): return x\n",
        "import os\n\n# third party\nimport tensorflow as tf\nfrom yaml import load\n\n@tf.function\n"
        "def f(x): return x\n",
    ),
    "import over several lines with comments": (
        "import numpy as np  # arrays\nfrom yaml import (  # many\n    load,\n)\n\ndef f(x): return x\n",
        "import numpy as np  # arrays\nimport tensorflow as tf\nfrom yaml import (  # many\n    load,\n"
        ")\n\n@tf.function\n"
        "def f(x): return x\n",
    ),
    "several imports on one line": (
        "import os; import sys\n\ndef f(x): return x\n",
        "import os; import sys\n\nimport tensorflow as tf\n\n@tf.function\ndef f(x): return x\n",
    ),
    "after the environment is set": (
        "import os\nos.environ['TF_CPP_MIN_LOG_LEVEL'] = '2'\n\ndef f(x): return x\n",
        "import os\nos.environ['TF_CPP_MIN_LOG_LEVEL'] = '2'\n\nimport tensorflow as tf\n\n@tf.function\n"
        "def f(x): return x\n",
    ),
    "beside Keras after the environment is set": (
        "import os\nos.environ['TF_CPP_MIN_LOG_LEVEL'] = '2'\nfrom tensorflow import keras\n\n"
        "def f(x): return x\n",
        "import os\nos.environ['TF_CPP_MIN_LOG_LEVEL'] = '2'\nimport tensorflow as tf\n"
        "from tensorflow import keras\n\n"
        "@tf.function\ndef f(x): return x\n",
    ),
}


@pytest.mark.parametrize("name", PLACES)
def test_place(name):
    before, expected = PLACES[name]
    assert converted(before, "f") == expected


@pytest.mark.parametrize("newline", ["\r\n", "\r"])
@pytest.mark.parametrize("name", PLACES)
def test_place_with_other_newlines(name, newline):
    before, expected = PLACES[name]
    assert converted(before.replace("\n", newline), "f") == expected.replace("\n", newline)


def test_the_result_is_sorted_for_ruff(tmp_path):
    """Ruff's own import sorter has nothing to say about any section that an import joins."""
    wanted = ("among third-party imports by name", "a section of its own", "after the docstring")
    for number, name in enumerate(wanted):
        (tmp_path / f"case{number}.py").write_text(
            converted(re.sub(r"\n+def", "\n\n\ndef", PLACES[name][0]), "f")
        )
    run = subprocess.run(
        [
            sys.executable,
            "-m",
            "ruff",
            "check",
            "--isolated",
            "--select",
            "I001",
            "--no-cache",
            str(tmp_path),
        ],
        capture_output=True,
        text=True,
        check=False,
    )
    assert run.returncode == 0, run.stdout
