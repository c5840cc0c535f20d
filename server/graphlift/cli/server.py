"""`graphlift server`: the language server, for editors to start."""

from __future__ import annotations

import click


@click.command("server")
@click.option(
    "--tcp", metavar="[HOST:]PORT", help="Wait for one client on this address (127.0.0.1 unless named)."
)
@click.option(
    "--stdio", is_flag=True, help="Speak over standard input and output. This is what happens anyway."
)
def command(tcp: str | None, stdio: bool) -> int:
    """Run the language server over standard input and output, for editors to start.

    With --tcp it waits for one client on a socket instead; port 0 lets the system choose one.
    """
    if tcp is not None and stdio:
        raise click.UsageError("--tcp and --stdio exclude each other")
    address = None if tcp is None else parse_address(tcp)
    from graphlift.lsp.server import run

    return run(address)


def parse_address(text: str) -> tuple[str, int]:
    """The host and port of `HOST:PORT`, `[IPv6]:PORT` or `PORT`."""
    host, _, port = text.rpartition(":")
    if not port.isdecimal() or int(port) > 65535:
        raise click.BadParameter(f"{text} is not [HOST:]PORT with a port up to 65535", param_hint="--tcp")
    return host.strip("[]") or "127.0.0.1", int(port)
