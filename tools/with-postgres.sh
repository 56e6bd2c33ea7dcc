#!/usr/bin/env bash
# Run a command with DATABASE_URL set to a PostgreSQL server of its own, made for it and removed after it.
#
#   tools/with-postgres.sh COMMAND [ARGUMENT...]
#
# The server listens on a free loopback port, keeps its files in a temporary directory and does not wait for the disk.
set -euo pipefail

if [ $# -eq 0 ]; then
  echo "usage: tools/with-postgres.sh COMMAND [ARGUMENT...]" >&2
  exit 2
fi

if command -v initdb >/dev/null; then
  bin=$(dirname "$(command -v initdb)")
else
  bin=$(find /usr/lib/postgresql -path '*/bin/initdb' -printf '%h\n' 2>/dev/null | sort -V | tail -n 1)
fi
if [ -z "$bin" ]; then
  echo "PostgreSQL is not installed; run tools/install-test-tools.sh" >&2
  exit 1
fi

# PostgreSQL refuses to run as root; apt's package made the user postgres for that.
as_server=()
if [ "$(id -u)" -eq 0 ]; then
  as_server=(runuser -u postgres --)
fi

dir=$(mktemp -d -t pinlian-postgres-XXXXXX)
started=
stop() {
  if [ -n "$started" ]; then
    "${as_server[@]}" "$bin/pg_ctl" stop --pgdata="$dir/data" --mode=immediate --silent
  fi
  rm -rf "$dir"
}
trap stop EXIT
trap 'exit 130' INT
trap 'exit 143' TERM

password=$(od -An -N16 -tx1 /dev/urandom | tr -d ' \n')
printf '%s' "$password" >"$dir/password"
if [ "$(id -u)" -eq 0 ]; then
  chown -R postgres "$dir"
fi
cd "$dir"
"${as_server[@]}" "$bin/initdb" --pgdata="$dir/data" --username=pinlian --pwfile="$dir/password" \
  --auth-host=scram-sha-256 --auth-local=scram-sha-256 --encoding=UTF8 --locale=C.UTF-8 --no-sync >"$dir/initdb.log"
port=$(python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])')
"${as_server[@]}" "$bin/pg_ctl" start --pgdata="$dir/data" --log="$dir/server.log" --wait --silent \
  --options="-c listen_addresses=127.0.0.1 -c port=$port -c unix_socket_directories='' -c fsync=off \
    -c synchronous_commit=off -c full_page_writes=off -c max_connections=200" || {
  cat "$dir/server.log" >&2
  exit 1
}
started=yes
cd "$OLDPWD"

export DATABASE_URL="postgresql://pinlian:$password@127.0.0.1:$port/postgres"
"$@"
