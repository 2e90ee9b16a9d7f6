import type { Approval, Artifact, Message, Run, RunDetail, Session, TranscriptEntry } from '@pawl/sdk'

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
    isCancelConfirmed: null,
    nextAction: 'NONE',
    epoch: 1,
    revision: 1,
    asOf: at(0),
    round: 1,
    currentPhase: null,
    lease: null,
    claimableAt: null,
    waitsFor: null,
    concurrencyKey: null,
    labels: [],
    createdAt: at(0),
    startedAt: null,
    settledAt: null,
    lastActivityAt: at(0),
    parentId: null,
    isDetached: false,
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
    contentRemoval: null,
    parent: null,
    continues: null,
    continuedBy: null,
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
export function makeEvent(seq: number, type = 'PHASE_STARTED') {
  return {
    id: `run_01/${seq}`,
    runId: 'run_01',
    seq,
    epoch: 1,
    type,
    actor: { kind: 'PRINCIPAL', principalId: null, name: 'worker' },
    at: at(seq),
    summary: type,
    payload: { seq },
  }
}

/** A message to an owner. */
export function makeMessage(fields: Partial<Message> = {}): Message {
  return {
    id: 'msg_01',
    run: { id: 'run_01' },
    text: 'leave the tests alone',
    mode: 'STEER',
    status: 'PENDING',
    sentBy: 'ann',
    sentAt: at(0),
    ...fields,
  }
}

/** An entry of a transcript, as the server sends it. */
export function makeEntry(seq: number): TranscriptEntry & { readonly __typename: string } {
  const what = { __typename: 'OutputEntry', kind: 'OUTPUT', stream: 'STDOUT' } as const
  return { ...what, seq, at: at(seq), key: null, updates: null, text: `line ${seq}` }
}

/** A session, ready for a prompt. */
export function makeSession(fields: Partial<Session> = {}): Session {
  return {
    id: 'ses_01',
    run: { id: 'run_01' },
    role: 'planner',
    adapter: 'process',
    status: 'READY',
    recoveryAttempts: 0,
    handle: { pid: 7 },
    lastPromptKey: null,
    lastPromptStage: null,
    lastPromptAt: null,
    createdAt: at(0),
    ...fields,
  }
}

/** A valid file. */
export function makeArtifact(fields: Partial<Artifact> = {}): Artifact {
  return {
    id: 'art_01',
    phase: { key: 'plan', round: 1 },
    round: 1,
    attempt: 1,
    path: 'plan.md',
    sha256: 'ab'.repeat(32),
    size: 7,
    isValid: true,
    problems: [],
    createdAt: at(0),
    ...fields,
  }
}

/** A question that waits. */
export function makeApproval(fields: Partial<Approval> = {}): Approval {
  return {
    id: 'apr_01',
    run: {
      id: 'run_01',
      title: null,
      status: 'AWAITING_APPROVAL',
      revision: 9,
      workflow: { name: 'delivery' },
    },
    phase: { key: 'plan', round: 1 },
    attempt: 1,
    gate: 'plan',
    kind: 'REVIEW',
    status: 'PENDING',
    question: 'Shall this plan be built?',
    payload: null,
    sessionId: null,
    permission: null,
    answerSchema: null,
    decisions: ['APPROVE', 'REJECT'],
    digest: 'cd'.repeat(32),
    tree: null,
    requestedById: 'prn_asker',
    decidedById: null,
    requestedBy: 'agent',
    requestedAt: at(0),
    expiresAt: null,
    onExpiry: 'WAIT',
    approvers: [],
    isSelfApprovalAllowed: true,
    decidedAt: null,
    decidedBy: null,
    comment: null,
    answer: null,
    ...fields,
  }
}
