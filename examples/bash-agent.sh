#!/usr/bin/env bash
# An agent in plain bash. It asks the server what comes next, does it, and asks again:
#
#   pawl exec --workflow review -- examples/bash-agent.sh
#
# `pawl exec` keeps the lease while this script lives, stops it when the run is paused or cancelled, and has put into its
# environment which run it is about, and a token for that run alone. Without jq, `pawl state` says the same to people.
set -euo pipefail

# Where `pawl` is not on the PATH, PAWL names it: PAWL='node dist/pawl.js'.
pawl() { command ${PAWL:-pawl} "$@" --quiet; }

report=$(mktemp)
trap 'rm -f "$report"' EXIT

while :; do
  state=$(pawl state --json)
  phase=$(jq -r .phase.key <<<"$state")
  case $(jq -r .nextAction <<<"$state") in
    START_PHASE)
      pawl phase start "$phase"
      ;;
    WORK)
      echo "working on $phase"
      echo "$phase: done at $(date -u +%T)" >>"$report"
      if [[ $phase == synthesis ]]; then
        pawl round complete --summary "$(jq -Rs '{report: .}' "$report")"
      fi
      pawl phase advance "$(jq -r '.mayFollow[0]' <<<"$state")"
      ;;
    COMPLETE_ROUND)
      pawl round complete
      ;;
    ADVANCE)
      pawl phase advance "$(jq -r '.mayFollow[0]' <<<"$state")"
      ;;
    COMPLETE)
      pawl run complete --output "$(jq -Rs '{report: .}' "$report")"
      exit 0
      ;;
    *)
      echo "nothing to do for an agent: $(jq -r .next.say <<<"$state")" >&2
      exit 1
      ;;
  esac
done
