import { objection, type Objection, refuse } from './kit/answers.ts'
import { ALLOWED_DECISIONS } from '../lifecycle/activity/approvals.ts'
import { isStartable } from '../lifecycle/decide/phaseTransitions.ts'
import type { Standing } from '../lifecycle/answers/explainStatus.ts'
import { explainRefusal } from '../lifecycle/answers/explainRefusal.ts'
import type { Holder, IllegalTransition, PhaseCommand, Refusal } from '../lifecycle/run/refusals.ts'
import type { Claim } from '../lifecycle/run/run.ts'
import { SESSION_TRANSITIONS } from '../lifecycle/activity/sessions.ts'
import { admits } from '../lifecycle/run/transitions.ts'
import {
  isSettledStatus,
  NOT_FOUND_KINDS,
  NOT_RESUMABLE_CAUSES,
  type NotResumableCause,
  PHASE_STATUSES,
  RUN_STATUSES,
  type RunStatus,
  SESSION_STATUSES,
} from '../lifecycle/run/enums.ts'

/** One refusal in one case, with the message that the caller gets. */
export interface ShownRefusal {
  readonly when: string
  readonly sentence: string
}

type Of<T extends Refusal['type']> = Extract<Refusal, { type: T }>
type ObjectionOf<T extends Objection['type']> = Extract<Objection, { type: T }>

const HOLDER: Claim = {
  owner: 'worker-1',
  claimedBy: 'ci',
  claimedById: 'prn_1',
  fence: 2,
  seconds: 30,
  expiresAt: Date.parse('2026-01-01T12:00:30Z'),
  kinds: [],
}
const HELD_BY: Holder = { owner: 'worker-1', until: Date.parse('2026-01-01T12:00:30Z'), isYours: false }
const standing = (status: RunStatus, holder: Claim | null = null): Standing => ({ status, holder })
const isHeldIn = (status: RunStatus) =>
  status !== 'QUEUED' && (status === 'FAILED' || !isSettledStatus(status))

function shown(when: string, refusal: Refusal, at: Standing | null = null): ShownRefusal {
  return { when, sentence: explainRefusal(refusal, at) }
}

/** A refusal by status: of a run without an owner, and of one with an owner. */
function byStatus(
  toRefusal: (status: RunStatus) => Refusal,
  statuses: readonly RunStatus[] = RUN_STATUSES,
  held: readonly RunStatus[] = [],
): ShownRefusal[] {
  return statuses.flatMap((status) => [
    // RUNNING always has a claim.
    ...(status === 'RUNNING' && held.includes(status)
      ? []
      : [shown(status, toRefusal(status), standing(status))]),
    ...(held.includes(status) ? [shown(`${status}, held`, toRefusal(status), standing(status, HOLDER))] : []),
  ])
}

const settled = RUN_STATUSES.filter(isSettledStatus)
const active = RUN_STATUSES.filter((status) => !isSettledStatus(status))

/** A refused transition in a graph of two edges, one of them leading back. */
function transition(command: PhaseCommand, changes: Partial<IllegalTransition>): Of<'IllegalTransition'> {
  const base: IllegalTransition = {
    from: 'build',
    to: 'verify',
    allowed: [],
    command,
    phaseStatus: 'RUNNING',
    reachable: [],
    next: ['verify', 'plan'],
    roundEndsAt: 'verify',
    isPastLastRound: false,
  }
  return { type: 'IllegalTransition', ...base, ...changes }
}

const PHASE_COMMANDS: readonly PhaseCommand[] = [
  'startPhase',
  'repairPhase',
  'failPhase',
  'advancePhase',
  'completeRound',
  'submitArtifact',
  'requestApproval',
  'recordPrompt',
]

/** The refusal of each phase command, by the status of the run's current phase. */
function transitions(): ShownRefusal[] {
  // A run whose phase awaits an approval, or was skipped, is not RUNNING: the refusal is then about the run's status.
  const statuses = PHASE_STATUSES.filter((status) => status !== 'SKIPPED' && status !== 'AWAITING_APPROVAL')
  return PHASE_COMMANDS.flatMap((command) =>
    statuses.flatMap((phaseStatus) => {
      const ways = phaseStatus === 'COMPLETED' ? ['verify', 'plan'] : []
      const when = (what: string) => `${command}, build is ${phaseStatus}, ${what}`
      const isUnderWay = phaseStatus === 'RUNNING' || phaseStatus === 'AWAITING_ARTIFACT'
      const isAtOwn =
        command === 'advancePhase' ||
        (command === 'startPhase' ? !isStartable({ status: phaseStatus }) : !isUnderWay)
      const at = { phaseStatus, reachable: ways }
      const isOther = command === 'advancePhase' ? { to: 'done' } : {}
      return [
        shown(when('another phase is meant'), transition(command, { ...at, ...isOther })),
        ...(isAtOwn && command !== 'completeRound'
          ? [shown(when('build is meant'), transition(command, { ...at, to: 'build' }))]
          : []),
      ]
    }),
  )
}

const causeStatus: Record<NotResumableCause, RunStatus> = {
  OWNED: 'RUNNING',
  FINAL: 'COMPLETED',
  QUEUED: 'QUEUED',
  CANCELLING: 'CANCELLING',
  AWAITING_APPROVAL: 'AWAITING_APPROVAL',
  APPROVAL_OPEN: 'PAUSED',
  RESUME_CAP: 'FAILED',
  CONTINUED: 'FAILED',
  PARENT: 'FAILED',
  CONTENT_REMOVED: 'FAILED',
}

const approvalId = 'apr_…'
const sessionId = 'ses_…'

/** Every refusal of a decision about a run, with its cases. Omitting one is a compile error. */
const REFUSALS: { readonly [T in Refusal['type']]: () => readonly ShownRefusal[] } = {
  RunNotActive: () => [
    ...byStatus((status) => ({ type: 'RunNotActive', status })),
    ...settled.map((status) =>
      shown(
        `${status}, to its holder`,
        { type: 'RunNotActive', status, directive: 'STOP' },
        standing(status, HOLDER),
      ),
    ),
  ],
  RevisionConflict: () => [shown('always', { type: 'RevisionConflict', expected: 7, actual: 9 })],
  LeaseLost: () => [
    shown('to an agent that is told nothing of the run', {
      type: 'LeaseLost',
      yourFence: 1,
      currentFence: 1,
    }),
    ...byStatus(
      () => ({ type: 'LeaseLost', yourFence: 1, currentFence: 2 }),
      RUN_STATUSES,
      active.filter(isHeldIn),
    ),
    ...byStatus(
      () => ({ type: 'LeaseLost', yourFence: 0, currentFence: 2 }),
      RUN_STATUSES,
      active.filter(isHeldIn),
    ).map(({ when, sentence }) => ({ when: `${when}, no fence named`, sentence })),
    ...byStatus(() => ({ type: 'LeaseLost', yourFence: 5, currentFence: 2 }), ['QUEUED']).map(
      ({ sentence }) => ({
        when: 'QUEUED, a fence that was never given out',
        sentence,
      }),
    ),
  ],
  IdempotencyMismatch: () => [
    shown('always', { type: 'IdempotencyMismatch', differingPaths: ['title', 'input.pr'] }),
  ],
  NotClaimable: () => {
    const refused = RUN_STATUSES.filter((status) => !admits('claimRun', status))
    const nothing = {
      type: 'NotClaimable',
      holder: null,
      claimableAt: null,
      waitsFor: null,
      children: [],
    } as const
    const claimableAt = Date.parse('2026-01-01T13:00:00Z')
    return [
      ...byStatus(
        (status) => ({ ...nothing, status }),
        refused.filter((status) => status !== 'RUNNING'),
      ),
      ...refused
        .filter(isHeldIn)
        .map((status) => shown(`${status}, held`, { ...nothing, status, holder: HELD_BY })),
      shown('RUNNING, held by the caller without a lease', {
        ...nothing,
        status: 'RUNNING',
        holder: { owner: 'worker-1', until: null, isYours: true },
      }),
      shown('QUEUED, waits for children', { ...nothing, status: 'QUEUED', children: ['run_…'] }),
      ...(['QUEUED', 'PAUSED'] as const).map((status) =>
        shown(`${status}, released to wait`, { ...nothing, status, claimableAt, waitsFor: 'the rate limit' }),
      ),
    ]
  },
  NotPausable: () =>
    byStatus(
      (status) => ({ type: 'NotPausable', status }),
      RUN_STATUSES.filter((status) => !admits('pauseRun', status)),
    ),
  NotResumable: () => [
    shown(
      'PAUSED, OWNED, with a claim',
      { type: 'NotResumable', status: 'PAUSED', because: 'OWNED', continuedBy: null, holder: HELD_BY },
      standing('PAUSED', HOLDER),
    ),
    ...NOT_RESUMABLE_CAUSES.map((because) => {
      const continuedBy = because === 'CONTINUED' ? 'run_…' : null
      const status = causeStatus[because]
      return shown(
        `${status}, ${because}`,
        { type: 'NotResumable', status, because, continuedBy, holder: because === 'OWNED' ? HELD_BY : null },
        standing(status),
      )
    }),
  ],
  NotCompletable: () => [
    shown('RUNNING', {
      type: 'NotCompletable',
      status: 'RUNNING',
      missing: [{ kind: 'PHASE', phase: 'verify', detail: 'phase verify is PENDING' }],
    }),
    ...byStatus(
      (status) => ({ type: 'NotCompletable', status, missing: [] }),
      RUN_STATUSES.filter((status) => !admits('completeRun', status)),
    ),
  ],
  NotDeletable: () => [
    ...byStatus((status) => ({ type: 'NotDeletable', status, continuedBy: null, holder: null }), active),
    shown(
      'FAILED, held',
      { type: 'NotDeletable', status: 'FAILED', continuedBy: null, holder: HELD_BY },
      standing('FAILED', HOLDER),
    ),
    shown('COMPLETED, continued', {
      type: 'NotDeletable',
      status: 'COMPLETED',
      continuedBy: 'run_…',
      holder: null,
    }),
  ],
  IllegalTransition: () => [
    ...transitions(),
    shown(
      'ADVANCE_PHASE, no further round is allowed',
      transition('advancePhase', {
        phaseStatus: 'COMPLETED',
        to: 'plan',
        isPastLastRound: true,
        reachable: ['verify'],
      }),
    ),
    shown(
      'COMPLETE_ROUND, the workflow has no rounds',
      transition('completeRound', { to: 'build', roundEndsAt: null, reachable: ['verify'] }),
    ),
  ],
  UnknownPhase: () => [shown('always', { type: 'UnknownPhase', phase: 'bild', known: ['plan', 'build'] })],
  ExecutionAlreadyFinished: () => [
    shown('always', { type: 'ExecutionAlreadyFinished', executionId: 'exe_…' }),
  ],
  IllegalSessionTransition: () =>
    SESSION_STATUSES.map((from) =>
      shown(from, {
        type: 'IllegalSessionTransition',
        sessionId,
        from,
        to: 'CREATED',
        allowed: SESSION_TRANSITIONS[from],
      }),
    ),
  PromptAlreadySent: () => [shown('always', { type: 'PromptAlreadySent', sessionId, dedupKey: 'p-1' })],
  TranscriptGap: () => [shown('always', { type: 'TranscriptGap', expectedSeq: 12 })],
  AlreadyDecided: () => [
    shown('a person decided', { type: 'AlreadyDecided', approvalId, status: 'APPROVED', by: 'ann' }),
    shown('nobody answered in time', { type: 'AlreadyDecided', approvalId, status: 'EXPIRED', by: 'system' }),
  ],
  ApprovalExpired: () => [shown('always', { type: 'ApprovalExpired', approvalId })],
  WrongDecision: () =>
    Object.entries(ALLOWED_DECISIONS).map(([kind, allowed]) =>
      shown(kind, { type: 'WrongDecision', approvalId, allowed }),
    ),
  StaleDigest: () => [shown('always', { type: 'StaleDigest', approvalId })],
  NotFound: () => [
    ...NOT_FOUND_KINDS.filter((kind) => kind !== 'WORKFLOW').map((kind) =>
      shown(kind, { type: 'NotFound', kind, id: '…' }),
    ),
    shown('WORKFLOW, no such name', {
      type: 'NotFound',
      kind: 'WORKFLOW',
      id: 'revue',
      version: null,
      known: ['map', 'review'],
    }),
    shown('WORKFLOW, no such version', {
      type: 'NotFound',
      kind: 'WORKFLOW',
      id: 'review',
      version: 9,
      known: ['map', 'review'],
    }),
  ],
  InvalidInput: () => [
    shown('always', { type: 'InvalidInput', issues: [{ path: ['title'], message: 'is blank' }] }),
  ],
}

/** The fields of another run that messages mention. */
const other = (status: RunStatus) =>
  ({ run: { id: 'run_…', status, claim: HOLDER } }) as unknown as ObjectionOf<'ConcurrencyConflict'>['holder']

const unknownPhase = refuse({ type: 'UnknownPhase', phase: 'test', known: ['plan', 'implement'] }).problem
const stepRefused = (taken: ObjectionOf<'StepRefused'>['taken']): Objection => {
  return { type: 'StepRefused', step: 1, sent: 3, command: 'advancePhase', refusal: unknownPhase, taken }
}
const objected = (when: string, reason: Objection): ShownRefusal => ({
  when,
  sentence: objection(reason).problem.message,
})

/** Refusals outside a decision about one run; those about workspaces are defined with their rules. */
type Elsewhere = Extract<Objection['type'], `Workspace${string}` | `Operation${string}`>
const OBJECTIONS: {
  readonly [T in Exclude<Objection['type'], Elsewhere>]: () => readonly ShownRefusal[]
} = {
  Forbidden: () => [
    objected('by role', {
      type: 'Forbidden',
      requiredRole: 'OPERATOR',
      detail: 'A token of role VIEWER may not do this; it requires OPERATOR.',
    }),
  ],
  ConcurrencyConflict: () => [
    objected('the key is held by an active run', {
      type: 'ConcurrencyConflict',
      holder: other('RUNNING'),
      holds: 'KEY',
    }),
    objected('the key is held by a run that ended', {
      type: 'ConcurrencyConflict',
      holder: other('FAILED'),
      holds: 'KEY',
    }),
    objected('the run to be continued is held', {
      type: 'ConcurrencyConflict',
      holder: other('FAILED'),
      holds: 'ITSELF',
    }),
  ],
  AlreadyContinued: () => [
    objected('by a run that you see', { type: 'AlreadyContinued', continued: 'run_…', by: other('RUNNING') }),
    objected('by one that you do not see', { type: 'AlreadyContinued', continued: 'run_…', by: null }),
  ],
  WorkflowMismatch: () => [
    objected('at a registration', {
      type: 'WorkflowMismatch',
      name: 'review',
      version: 1,
      because: 'REGISTERED',
    }),
    objected('at a continuation', {
      type: 'WorkflowMismatch',
      name: 'review',
      version: 1,
      because: 'CONTINUES',
    }),
  ],
  NothingToClaim: () => [
    objected('nothing waits', { type: 'NothingToClaim', claimableInSeconds: null }),
    objected('something waits for its time', { type: 'NothingToClaim', claimableInSeconds: 30 }),
  ],
  AmbiguousRun: () => [objected('always', { type: 'AmbiguousRun', candidates: [other('RUNNING')] })],
  StepRefused: () => [
    objected('alone', stepRefused([])),
    objected('after others', stepRefused([{} as never])),
  ],
  NoActiveRun: () => [
    objected('nothing is active', {
      type: 'NoActiveRun',
      detail: 'No run is active: start one, or specify one.',
    }),
  ],
}

/** Every refusal by name, with all of its cases. */
export function listRefusals(): Map<string, readonly ShownRefusal[]> {
  const all = Object.entries({ ...REFUSALS, ...OBJECTIONS })
  return new Map(all.map(([name, cases]) => [name, cases()]))
}
