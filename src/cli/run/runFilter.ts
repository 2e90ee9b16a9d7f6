import { InvalidArgumentError } from 'commander'
import type { RunFilter, RunStatus } from '@pawl/sdk'
import { collectWords } from '../kit/options.ts'
import { OUTCOMES, RUN_STATUSES } from '../terminal/words.ts'

/** Whether a run of this status is active. Leaving one out does not compile. */
const IS_ACTIVE: Readonly<Record<RunStatus, boolean>> = {
  QUEUED: true,
  RUNNING: true,
  AWAITING_APPROVAL: true,
  PAUSED: true,
  CANCELLING: true,
  COMPLETED: false,
  FAILED: false,
  CANCELLED: false,
  EXPIRED: false,
}

/** The statuses of runs that have not settled. */
export const ACTIVE: readonly RunStatus[] = RUN_STATUSES.filter((status) => IS_ACTIVE[status])

type Parse = (value: string, before: RunFilter) => RunFilter

/** What `--filter` may name, as the options of `pawl run list` do. */
const PARSED: Readonly<Record<string, Parse>> = {
  status: (value, { statuses, ...before }) => ({
    ...before,
    statuses: value === 'active' ? ACTIVE : collectWords(RUN_STATUSES)(value, statuses ?? undefined),
  }),
  outcome: (value, { outcomes, ...before }) => ({
    ...before,
    outcomes: collectWords(OUTCOMES)(value, outcomes ?? undefined),
  }),
  workflow: (workflow, before) => ({ ...before, workflow }),
  label: (value, { labels, ...before }) => ({ ...before, labels: [...(labels ?? []), value] }),
  project: (project, before) => ({ ...before, project }),
  text: (text, before) => ({ ...before, text }),
}

/** Parses one `name=value` of `--filter`, in addition to those before it. */
export function parseFilter(given: string, before: RunFilter = {}): RunFilter {
  const at = given.indexOf('=')
  const value = given.slice(at + 1).trim()
  const parse = PARSED[given.slice(0, Math.max(0, at)).trim()]
  if (!parse || value === '')
    throw new InvalidArgumentError(`It must be NAME=VALUE, with one of ${Object.keys(PARSED).join(', ')}.`)
  return parse(value, before)
}
