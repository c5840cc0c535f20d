#!/usr/bin/env bash
# Gets what tests/editors needs: Neovims and the tools for Lua, a real VS Code, and the packaged extension.
#
#   scripts/setup_editors.sh [PYTHON]      # a Python with pip; default: python3
#
# What this machine can't get is told, and its tests are skipped. The exit code is 1 only where the extension
# does not pass its own checks or can't be packaged.
set -uo pipefail

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
python=$(command -v "${1:-python3}") || { echo "there is no ${1:-python3}" >&2; exit 1; }
PATH=$(cd "$(dirname "$python")" && pwd):$PATH
cache=${XDG_CACHE_HOME:-~/.cache}
export GRAPHLIFT_EDITORS=${GRAPHLIFT_EDITORS:-$cache/graphlift-editors}

step() {
  echo "== $1 (after $SECONDS s)"
}

missing() {
  echo "== not available here: $1; its tests are skipped"
}

step "VS Code"
"$root/scripts/setup_vscode.sh" || missing "VS Code, for the reason above"
# The Node that came with it serves for the rest too.
PATH=$GRAPHLIFT_EDITORS/vscode/bin:$PATH

step "Neovim, luacheck, stylua"
"$python" "$root/scripts/fetch_neovim.py" || missing "some of Neovim and its tools, for the reasons above"

step "the extension"
cd "$root/clients/vscode" || exit 1
if ! command -v npm >/dev/null; then
  missing "the VS Code extension, which npm builds, and there is none"
elif ! npm ci --silent --ignore-scripts; then
  missing "the VS Code extension, whose tools npm could not get"
else
  npm run --silent check && npm run --silent test && npm run --silent package || exit 1
fi
step "all there"
