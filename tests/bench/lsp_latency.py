"""How fast the language server answers while it analyses a workspace. Prints JSON.

    python tests/bench/lsp_latency.py WORKSPACE [FILE]

Opens FILE (by default the workspace's longest Python file under 1,000 lines) and at once hovers over its
functions in turn, one request after the other with a short pause, as long as the analysis of the workspace
lasts (at most `--samples` times). Times are milliseconds from the request to the answer as the client sees
them, JSON included; the first holds the start of the analysis process. `empty` counts the answers that said
nothing, `preliminary` those given before the workspace was analysed; `busy` says whether that was still going
on at the last sample. Then it edits a function's body some times and measures until the new diagnostics are
there.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import re
import shlex
import statistics
import sys
import time
from pathlib import Path
from typing import Any


class Client:
    """The least that speaks LSP to a server process: requests one by one, notifications noted."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        self._process = process
        self._answers: dict[int, asyncio.Future[dict[str, Any]]] = {}
        self._last_id = 0
        self.published = asyncio.Event()
        self.settled = asyncio.Event()
        self._reading = asyncio.create_task(self._read())

    def notify(self, method: str, params: dict[str, Any]) -> None:
        self._write({"method": method, "params": params})

    async def ask(self, method: str, params: dict[str, Any] | None) -> dict[str, Any]:
        self._last_id += 1
        future: asyncio.Future[dict[str, Any]] = asyncio.get_running_loop().create_future()
        self._answers[self._last_id] = future
        self._write({"id": self._last_id, "method": method, "params": params})
        return await future

    def _write(self, message: dict[str, Any]) -> None:
        body = json.dumps({"jsonrpc": "2.0", **message}).encode()
        assert self._process.stdin is not None
        self._process.stdin.write(b"Content-Length: %d\r\n\r\n" % len(body) + body)

    async def _read(self) -> None:
        assert self._process.stdout is not None
        while True:
            try:
                header = await self._process.stdout.readuntil(b"\r\n\r\n")
            except asyncio.IncompleteReadError:
                return
            match = re.search(rb"Content-Length: (\d+)", header)
            assert match is not None
            self._receive(json.loads(await self._process.stdout.readexactly(int(match[1]))))

    def _receive(self, message: dict[str, Any]) -> None:
        method = message.get("method")
        if method is None:
            self._answers.pop(message["id"]).set_result(message)
        elif "id" in message:
            self._write({"id": message["id"], "result": None})
        elif method == "textDocument/publishDiagnostics":
            self.published.set()
        elif method == "window/logMessage" and message["params"]["message"].startswith("Analysed "):
            self.settled.set()


async def measure(options: argparse.Namespace) -> dict[str, Any]:
    root = options.workspace.resolve()
    file = options.file.resolve() if options.file else longest(root)
    text = file.read_text(encoding="utf-8")
    pipe = asyncio.subprocess.PIPE
    begin = time.perf_counter()
    server = await asyncio.create_subprocess_exec(
        *shlex.split(options.server), stdin=pipe, stdout=pipe, limit=2**26
    )
    client = Client(server)
    capabilities = {"textDocument": {"hover": {"contentFormat": ["markdown"]}}}
    folders = [{"uri": root.as_uri(), "name": root.name}]
    await client.ask(
        "initialize", {"processId": None, "capabilities": capabilities, "workspaceFolders": folders}
    )
    ready = time.perf_counter() - begin
    client.notify("initialized", {})
    document = {"uri": file.as_uri(), "languageId": "python", "version": 1, "text": text}
    client.notify("textDocument/didOpen", {"textDocument": document})
    times, answers = await hover_in_turn(client, file.as_uri(), text, options)
    busy = not client.settled.is_set()
    await asyncio.wait_for(client.settled.wait(), options.patience)
    settled = time.perf_counter() - begin
    await asyncio.wait_for(client.published.wait(), options.patience)
    first = time.perf_counter() - begin
    edits = await edit_in_turn(client, file.as_uri(), text, options)
    await client.ask("shutdown", None)
    client.notify("exit", {})
    await server.wait()
    return {
        "workspace": root.name,
        "file": file.relative_to(root).as_posix() if file.is_relative_to(root) else file.name,
        "lines": text.count("\n"),
        "samples": len(times),
        "empty": answers.count(""),
        "preliminary": sum("Preliminary" in answer for answer in answers),
        "busy": busy,
        "hover_ms": summary(times),
        "edit_to_diagnostics_ms": summary(edits),
        "initialize_s": round(ready, 3),
        "first_diagnostics_s": round(first, 3),
        "settled_s": round(settled, 3),
    }


async def hover_in_turn(
    client: Client, uri: str, text: str, options: argparse.Namespace
) -> tuple[list[float], list[str]]:
    names = [
        (text.count("\n", 0, match.start(1)), match.start(1) - text.rfind("\n", 0, match.start(1)) - 1)
        for match in re.finditer(r"^\s*def (\w+)", text, re.MULTILINE)
    ]
    times: list[float] = []
    answers: list[str] = []
    while len(times) < options.samples and (not client.settled.is_set() or not times):
        line, character = names[len(times) % len(names)]
        position = {"line": line, "character": character}
        begin = time.perf_counter()
        answer = await client.ask("textDocument/hover", {"textDocument": {"uri": uri}, "position": position})
        times.append(1000 * (time.perf_counter() - begin))
        result = answer.get("result")
        answers.append(result["contents"]["value"] if result else "")
        await asyncio.sleep(options.pause)
    return times, answers


async def edit_in_turn(client: Client, uri: str, text: str, options: argparse.Namespace) -> list[float]:
    """Milliseconds from a change inside the first function's body to the diagnostics of the new text."""
    begin = text.index("def ")
    match = re.search(r"^( +)(?:return|raise|pass|[\w.]+ = )", text[begin:], re.MULTILINE)
    assert match is not None
    at = begin + match.start()
    times: list[float] = []
    for version in range(2, 2 + options.edits):
        changed = f"{text[:at]}{match[1]}edit_{version} = {version}\n{text[at:]}"
        client.published.clear()
        start = time.perf_counter()
        client.notify(
            "textDocument/didChange",
            {"textDocument": {"uri": uri, "version": version}, "contentChanges": [{"text": changed}]},
        )
        await asyncio.wait_for(client.published.wait(), options.patience)
        times.append(1000 * (time.perf_counter() - start))
    return times


def longest(root: Path) -> Path:
    files = [
        (text.count("\n"), path)
        for path in sorted(root.rglob("*.py"))
        if (text := path.read_text(encoding="utf-8", errors="replace")).count("\n") < 1000
        and re.search(r"^\s*def \w+", text, re.MULTILINE)
    ]
    return max(files)[1]


def summary(times: list[float]) -> dict[str, float]:
    ranks = statistics.quantiles(times, n=100, method="inclusive") if len(times) > 1 else times * 99
    return {
        "p50": round(ranks[49], 2),
        "p95": round(ranks[94], 2),
        "p99": round(ranks[98], 2),
        "max": round(max(times), 2),
    }


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("workspace", type=Path)
    parser.add_argument("file", type=Path, nargs="?")
    server = shlex.join([sys.executable, "-m", "graphlift.lsp"])
    parser.add_argument("--server", default=server, help="the command that starts the server")
    parser.add_argument("--samples", type=int, default=1000, help="stop after so many hovers")
    parser.add_argument("--pause", type=float, default=0.1, help="seconds between two hovers")
    parser.add_argument("--edits", type=int, default=10, help="edits after the analysis has settled")
    parser.add_argument(
        "--patience", type=float, default=600.0, help="seconds to wait for the server at most"
    )
    print(json.dumps(asyncio.run(measure(parser.parse_args())), indent=2))


if __name__ == "__main__":
    main()
