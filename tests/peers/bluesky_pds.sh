#!/bin/sh
# Install a real Bluesky PDS and PLC (npm @atproto/dev-env) into FOLDER/bluesky, for tests/peers/test_bluesky.py.
# Takes three minutes and a compiler; needs Node 20. Usage: tests/peers/bluesky_pds.sh FOLDER
set -eu
mkdir -p "$1/bluesky"
cp "$(dirname "$0")/bluesky_pds.js" "$1/bluesky/"
cd "$1/bluesky"
[ -f package.json ] || npm init -y >/dev/null
npm install --no-audit --no-fund @atproto/dev-env@0.3.215
npm install-scripts approve better-sqlite3 sharp 2>/dev/null || true # npm 11 and later run none unasked
npm rebuild better-sqlite3 sharp
