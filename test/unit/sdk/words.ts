import type { Run, RunDetail } from '@pawl/sdk'

const START = Date.parse('2026-01-01T00:00:00.000Z')

/** The database's clock, some milliseconds after the beginning. */
export function at(milliseconds: number): string {
  return new Date(START + milliseconds).toISOString()
}

/** A run as the server sends it: QUEUED, at revision 1, unless told otherwise. */
export function makeRun(fields: Partial<Run> = {}): Run {
  const status = fields.status ?? 'QUEUED'
  const isFinal = status === 'COMPLETED' || status === 'CANCELLED' || status === 'EXPIRED'
  return {
    __typename: 'Run',
    id: 'run_01',
    project: 'default',
    workflow: { id: 'wfl_01', name: 'review', version: 1 },
    title: null,
    status,
    reason: null,
    error: null,
    isSettled: isFinal || status === 'FAILED',
    isFinal,
    isResumable: false,
    allowedCommands: [],
    outcome: null,
    cancelConfirmed: null,
    nextAction: 'NONE',
    epoch: 1,
    revision: 1,
    asOf: at(0),
    round: 1,
    currentPhase: null,
    lease: null,
    concurrencyKey: null,
    labels: [],
    createdAt: at(0),
    startedAt: null,
    settledAt: null,
    lastActivityAt: at(0),
    ...fields,
  }
}

/** The same with what its owner needs. */
export function makeDetail(fields: Partial<RunDetail> = {}): RunDetail {
  const run = makeRun(fields)
  return {
    missingEvidence: [],
    phases: [],
    input: null,
    output: null,
    parent: null,
    continues: null,
    ...run,
    ...fields,
    workflow: { ...run.workflow, phases: [], ...fields.workflow },
  }
}

/** A frame of the status stream. */
export function makeFrame(revision: number, status: Run['status'] = 'RUNNING') {
  const { reason, epoch, isSettled, isFinal } = makeRun({ status })
  return {
    runId: 'run_01',
    status,
    reason,
    phase: null,
    epoch,
    revision,
    asOf: at(revision),
    isSettled,
    isFinal,
    run: makeRun({ status, revision }),
  }
}

/** A line of the log. */
export function makeEvent(seq: number, type = 'phase.started') {
  return {
    runId: 'run_01',
    seq,
    epoch: 1,
    type,
    actor: 'worker',
    at: at(seq),
    summary: type,
    payload: { seq },
  }
}
