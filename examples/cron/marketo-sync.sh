#!/bin/sh
# One sync for cron: no output on success, the end of the log on failure, which cron mails.
#
#     30 2 * * * /opt/marketo/marketo-sync.sh
#
# Put it into the Meltano project. Meltano does not start a run while another one is active.
set -eu
cd "$(dirname "$0")"

# cron's PATH is short; `uv tool install meltano` and pipx install here.
PATH="$HOME/.local/bin:$PATH"
mkdir -p logs
log=logs/$(date -u +%Y-%m-%dT%H%M%SZ).log
if ! meltano run marketo-to-duckdb >"$log" 2>&1; then
    tail -n 40 "$log" >&2
    exit 1
fi
find logs -name '*.log' -mtime +30 -delete
