#!/bin/sh
# A sync for cron. It prints nothing if it succeeds; if it fails, cron mails the end of its log.
#
#     30 2 * * * /opt/marketo/marketo-sync.sh
#
# Put it into the Meltano project. Meltano refuses to start while the previous run is going on.
set -eu
cd "$(dirname "$0")"

# cron has a short PATH; `uv tool install meltano` and pipx install to this folder.
PATH="$HOME/.local/bin:$PATH"
mkdir -p logs
log=logs/$(date -u +%Y-%m-%dT%H%M%SZ).log
if ! meltano run marketo-to-duckdb >"$log" 2>&1; then
    tail -n 40 "$log" >&2
    exit 1
fi
find logs -name '*.log' -mtime +30 -delete
