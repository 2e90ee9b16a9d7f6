#!/bin/sh
# An agent that remembers from prompt to prompt, by an id of its own that it prints, as `claude` and `codex` do.
#
#   agents:
#     default:
#       adapter: process
#       command: [examples/agents/remembering-agent.sh]
#       resume: [examples/agents/remembering-agent.sh, --resume, '{session}']
#       session: { pattern: 'session: (\w+)' }
#       prompt: stdin
set -eu
memory=${XDG_STATE_HOME:-$HOME/.local/state}/remembering-agent
mkdir -p "$memory"
if [ "${1-}" = --resume ]; then id=$2; else id=$$x$(date +%s); fi
echo "session: $id"
cat >>"$memory/$id"
echo "I was asked $(grep -c '^# ' "$memory/$id" || true) times so far."
