#!/bin/sh
# An agent in a terminal, for the adapter `tmux`: it lives from prompt to prompt, and its worker may come and go.
#
#   agents:
#     default:
#       adapter: tmux
#       command: [examples/agents/terminal-agent.sh]
#       prompt: file
#       terminal: { ready: '^ready>\s*$' }
set -eu
while printf 'ready> ' && IFS= read -r line; do
  echo "working on: $line"
  sleep 1
  echo "done"
done
