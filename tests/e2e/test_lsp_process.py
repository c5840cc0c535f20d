"""The server as a process: how it ends, how it listens on a port, and what it leaves behind."""

from __future__ import annotations

import asyncio
import json
import os
import re
import sys
from pathlib import Path
from typing import Any

import pytest

SERVER = [sys.executable, str(Path(__file__).parent / "lsp_serve_fake.py")]


def framed(message: dict[str, Any]) -> bytes:
    body = json.dumps({"jsonrpc": "2.0", **message}).encode()
    return f"Content-Length: {len(body)}\r\n\r\n".encode() + body


INITIALIZE = framed({"id": 1, "method": "initialize", "params": {"capabilities": {}, "processId": None}})
INITIALIZED = framed({"method": "initialized", "params": {}})
SHUTDOWN = framed({"id": 2, "method": "shutdown"})
EXIT = framed({"method": "exit"})


async def message(reader: asyncio.StreamReader) -> dict[str, Any]:
    header = await reader.readuntil(b"\r\n\r\n")
    length = int(re.search(rb"Content-Length: (\d+)", header)[1])
    return json.loads(await reader.readexactly(length))


async def answer(reader: asyncio.StreamReader, id: int) -> dict[str, Any]:
    while (received := await message(reader)).get("id") != id:
        pass
    return received


async def spawn(*arguments: str) -> asyncio.subprocess.Process:
    pipe = asyncio.subprocess.PIPE
    return await asyncio.create_subprocess_exec(*SERVER, *arguments, stdin=pipe, stdout=pipe, stderr=pipe)


async def worker_pid(reader: asyncio.StreamReader) -> int:
    while True:
        text = str((await message(reader)).get("params", {}))
        if match := re.search(r"ready \(pid (\d+)\)", text):
            return int(match[1])


def is_alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


@pytest.mark.parametrize("asked", [True, False])
async def test_the_exit_code_says_whether_the_end_was_asked_for(asked: bool):
    server = await spawn()
    server.stdin.write(INITIALIZE + INITIALIZED)
    assert "result" in await answer(server.stdout, 1)
    pid = await worker_pid(server.stdout)
    if asked:
        server.stdin.write(SHUTDOWN)
        assert (await answer(server.stdout, 2))["result"] is None
        assert not is_alive(pid)
    server.stdin.write(EXIT)
    assert await asyncio.wait_for(server.wait(), 20) == (0 if asked else 1)
    assert not is_alive(pid)


async def test_the_server_that_editors_start_ends_as_quietly():
    pipe = asyncio.subprocess.PIPE
    command = [sys.executable, "-m", "graphlift", "server"]
    server = await asyncio.create_subprocess_exec(*command, stdin=pipe, stdout=pipe, stderr=pipe)
    server.stdin.write(INITIALIZE + INITIALIZED + SHUTDOWN)
    assert (await answer(server.stdout, 2))["result"] is None
    _, complaints = await server.communicate(EXIT)
    assert (server.returncode, complaints) == (0, b"")


async def test_an_editor_that_goes_away_leaves_nothing_running():
    server = await spawn()
    server.stdin.write(INITIALIZE + INITIALIZED)
    pid = await worker_pid(server.stdout)
    server.stdin.close()
    assert await asyncio.wait_for(server.wait(), 20) == 1
    assert not is_alive(pid)


async def test_a_server_that_is_killed_takes_its_worker_along():
    server = await spawn()
    server.stdin.write(INITIALIZE + INITIALIZED)
    pid = await worker_pid(server.stdout)
    handle = os.pidfd_open(pid) if hasattr(os, "pidfd_open") else None
    if handle is None:
        pytest.skip("needs a way to wait for a process that is no child")
    ended = asyncio.Event()
    asyncio.get_running_loop().add_reader(handle, ended.set)
    server.kill()
    await asyncio.wait_for(ended.wait(), 20)
    asyncio.get_running_loop().remove_reader(handle)
    os.close(handle)
    await server.wait()


async def test_requests_before_initialize_are_refused_and_the_server_goes_on():
    server = await spawn()
    params = {"textDocument": {"uri": "file:///a.py"}, "position": {"line": 0, "character": 0}}
    server.stdin.write(framed({"id": 7, "method": "textDocument/hover", "params": params}))
    assert (await answer(server.stdout, 7))["error"]["code"] == -32002
    server.stdin.write(framed({"id": 8, "method": "no/such/method", "params": {}}))
    assert (await answer(server.stdout, 8))["error"]["code"] == -32601
    server.stdin.write(INITIALIZE + SHUTDOWN + EXIT)
    assert "result" in await answer(server.stdout, 1)
    assert await asyncio.wait_for(server.wait(), 20) == 0


async def test_over_tcp():
    server = await spawn("tcp")
    line = (await server.stderr.readline()).decode()
    port = int(re.fullmatch(r"graphlift: listening on 127\.0\.0\.1:(\d+)\n", line)[1])
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(INITIALIZE + INITIALIZED)
    assert (await answer(reader, 1))["result"]["serverInfo"]["name"] == "graphlift"
    writer.write(SHUTDOWN)
    assert (await answer(reader, 2))["result"] is None
    writer.write(EXIT)
    assert await asyncio.wait_for(server.wait(), 20) == 0
    writer.close()
