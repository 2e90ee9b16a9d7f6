#!/bin/sh
# An agent in plain shell, for the adapter `process`: one prompt on standard input, one life.
#
#   agents:
#     default: { adapter: process, command: [examples/agents/shell-agent.sh], prompt: stdin }
#
# It writes the file that the prompt asks for. The prompt names it: Write the file `PATH`.
set -eu
prompt=$(cat)
path=$(printf '%s' "$prompt" | sed -n 's/.*Write the file `\([^`]*\)`.*/\1/p' | head -n 1)
echo "I am execution $PAWL_EXECUTION_ID of run $PAWL_RUN_ID, working in $PWD."
[ -n "$path" ] || { echo "No file is asked for."; exit 0; }
mkdir -p "$(dirname "$path")"
# Written beside it and renamed, so that nobody ever sees half of it.
printf 'What I was asked:\n\n%s\n' "$prompt" >"$path.new"
mv "$path.new" "$path"
echo "Wrote $path."
