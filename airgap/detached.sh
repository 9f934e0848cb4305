#!/bin/sh
# Becomes COMMAND after writing who it is: usage: detached.sh RECORD COMMAND...
# The process writes its own record (id, start time, boot) before it is anything, so that a kill of
# whoever started it leaves nothing running that nobody knows of.
set -eu
record=$1
shift
read -r stat </proc/self/stat
read -r boot </proc/sys/kernel/random/boot_id
after=${stat##*) }
started=$(echo "$after" | cut -d ' ' -f 20)
echo "${stat%% *} $started $boot" >"$record.new"
mv "$record.new" "$record"
exec "$@"
