"""Literate tests: Markdown pages whose Python blocks carry their expectations. See `tests/mdtest/README.md`."""
