"""Editors connected to a server over the stand-in analysis, and to one over the real analysis."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest_lsp
from lsp_editor import Editor
from pytest_lsp import ClientServerConfig

HERE = Path(__file__).parent


@pytest_lsp.fixture(
    config=ClientServerConfig(
        server_command=[sys.executable, str(HERE / "lsp_serve_fake.py")], client_factory=Editor
    )
)
async def editor(client: Editor):
    yield
    await client.end()


@pytest_lsp.fixture(
    config=ClientServerConfig(
        server_command=[sys.executable, str(HERE / "lsp_serve_fake.py"), "impatient"], client_factory=Editor
    )
)
async def impatient(client: Editor):
    yield
    await client.end()


@pytest_lsp.fixture(
    config=ClientServerConfig(server_command=[sys.executable, "-m", "graphlift.lsp"], client_factory=Editor)
)
async def real_editor(client: Editor):
    yield
    await client.end()
