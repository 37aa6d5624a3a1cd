#!/bin/sh
# One sync, for cron: quiet when it goes well, the end of its log when not, which cron mails.
#
#     30 2 * * * /opt/marketo/marketo-sync.sh
#
# It stands in the Meltano project. Meltano itself refuses to start while the last run goes on.
set -eu
cd "$(dirname "$0")"

# cron's own path is short; this is where `uv tool install meltano` and pipx put it.
PATH="$HOME/.local/bin:$PATH"
mkdir -p logs
log=logs/$(date -u +%Y-%m-%dT%H%M%SZ).log
if ! meltano run marketo-to-duckdb >"$log" 2>&1; then
    tail -n 40 "$log" >&2
    exit 1
fi
find logs -name '*.log' -mtime +30 -delete
