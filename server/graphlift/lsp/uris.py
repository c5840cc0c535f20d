"""Paths of the analysis for the client's URIs, and back.

A `file:` URI names its path. Anything else (`untitled:Untitled-1`, a document of a virtual file system) gets
a path of its own that exists nowhere, so that the analysis can hold the buffer; it lies in the workspace's
first folder, because such a buffer imports the workspace's modules. What the client called a document is
remembered with the document and never rebuilt from the path.
"""

from __future__ import annotations

import hashlib
import os
import re
from pathlib import Path
from urllib.parse import unquote, urlsplit

from pygls.uris import to_fs_path


def path_of(uri: str, home: str) -> str:
    """The absolute, normalised path that stands for the URI; `home` is where documents without one live."""
    path = to_fs_path(uri)
    if path is not None:
        return os.path.normpath(path)
    stem = re.sub(r"\W+", "_", unquote(urlsplit(uri).path).rpartition("/")[2].removesuffix(".py")).strip("_")
    mark = hashlib.sha256(uri.encode("utf-8", "surrogatepass")).hexdigest()[:8]
    return os.path.normpath(Path(home, f"{stem or 'untitled'}_{mark}.py"))


def uri_of(path: str) -> str:
    """The `file:` URI of an absolute path."""
    return Path(path).as_uri()
