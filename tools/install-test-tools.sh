#!/usr/bin/env bash
# Install what only the tests need from Debian's or Ubuntu's packages: a browser, a PostgreSQL server,
# an MQTT broker, a Chinese typeface.
set -euo pipefail

missing=()
command -v chromium >/dev/null || missing+=(chromium)
find /usr/lib/postgresql -path '*/bin/initdb' 2>/dev/null | grep -q . || missing+=(postgresql)
{ command -v mosquitto || test -x /usr/sbin/mosquitto; } >/dev/null || missing+=(mosquitto)
{ command -v fc-list >/dev/null && fc-list | grep -qi 'noto.*cjk'; } || missing+=(fontconfig fonts-noto-cjk)

if [ ${#missing[@]} -eq 0 ]; then
  exit 0
fi
if ! command -v apt-get >/dev/null; then
  echo "The tests need: ${missing[*]}. This machine has no apt-get; install them by its own means." >&2
  exit 1
fi
as_root=()
if [ "$(id -u)" -ne 0 ]; then
  if ! command -v sudo >/dev/null; then
    echo "The tests need: ${missing[*]}. Install them as root: apt-get install ${missing[*]}" >&2
    exit 1
  fi
  as_root=(sudo)
fi
export DEBIAN_FRONTEND=noninteractive
"${as_root[@]}" apt-get update --quiet
"${as_root[@]}" apt-get install --quiet --yes --no-install-recommends "${missing[@]}"
