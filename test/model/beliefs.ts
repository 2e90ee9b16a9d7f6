import type { WorkflowDefinition } from '../../src/lifecycle/workflow/workflow.ts'
import type {
  ApprovalKind,
  ExecutionEnd,
  PhaseStatus,
  RunReason,
  RunStatus,
} from '../../src/lifecycle/run/enums.ts'
import type { Model, ModelClaim, ModelPhase, ModelRun } from './modelState.ts'

/** The fields of a requested claim. */
export interface AskedClaim {
  readonly owner: string
  readonly leaseSeconds: number
}

/** The origin of a new run. */
export interface AskedOrigin {
  readonly concurrencyKey: string | null
  readonly parent: ModelRun | null
  readonly detached: boolean
  readonly continues: ModelRun | null
}

export const ACTIVE: readonly RunStatus[] = ['QUEUED', 'RUNNING', 'AWAITING_APPROVAL', 'PAUSED', 'CANCELLING']
export const isActive = (run: ModelRun) => ACTIVE.includes(run.status)
export const isFinal = (run: ModelRun) => ['COMPLETED', 'CANCELLED', 'EXPIRED'].includes(run.status)

/** Creates the model of a new run. */
export function newRun(
  model: Model,
  id: string,
  workflow: WorkflowDefinition,
  { concurrencyKey, parent, detached, continues }: AskedOrigin,
): ModelRun {
  const roundsDone = continues?.roundsDone ?? 0
  const run: ModelRun = {
    id,
    workflow,
    concurrencyKey,
    parentId: parent?.id ?? null,
    depth: parent ? parent.depth + 1 : 0,
    detached,
    awaitsChildren: false,
    continuesId: continues?.id ?? null,
    chainId: continues?.chainId ?? id,
    firstRound: roundsDone + 1,
    deleted: false,
    status: 'QUEUED',
    reason: null,
    confirmed: null,
    cancelReason: 'CANCELLED_BY_USER',
    cascade: true,
    graceEndsAt: null,
    settlings: 0,
    parentTold: false,
    toldOf: new Set(),
    epoch: 1,
    fence: 0,
    claim: null,
    resumes: 0,
    takeovers: 0,
    round: roundsDone + 1,
    roundsDone,
    roundComplete: false,
    at: workflow.initialPhase,
    phases: freshPhases(workflow),
    executions: [],
    sessions: [],
    artifacts: [],
    approvals: [],
    messages: [],
    log: [],
    lastRelease: null,
    notBefore: null,
    queuedFrom: null,
    away: 0,
    epochAt: model.now,
    statusAt: model.now,
    activeAt: model.now,
  }
  note(run, 'run.created', model.now)
  note(run, 'round.opened', model.now)
  model.runs.push(run)
  return run
}

export function freshPhases(workflow: WorkflowDefinition): Map<string, ModelPhase> {
  return new Map(
    workflow.phases.map(({ key }): [string, ModelPhase] => [
      key,
      { status: 'PENDING', startedAt: 0, rejections: 0, attempts: [] },
    ]),
  )
}

export function phaseAt(run: ModelRun, key = run.at): ModelPhase {
  const phase = run.phases.get(key)
  if (!phase) throw new Error(`the oracle knows no phase ${key}`)
  return phase
}

/** The workflow's definition of a phase. */
export function graphOf(run: ModelRun, key = run.at): WorkflowDefinition['phases'][number] {
  const phase = run.workflow.phases.find((each) => each.key === key)
  if (!phase) throw new Error(`the oracle knows no phase ${key}`)
  return phase
}

export const isGood = (claim: ModelClaim | null, now: number) =>
  claim !== null && (claim.expiresAt === null || claim.expiresAt > now)
export const isLeased = (claim: ModelClaim | null, now: number) =>
  claim !== null && claim.expiresAt !== null && claim.expiresAt > now
export const inFlight = (run: ModelRun) => run.executions.some(({ end }) => end === null)
export const openApprovalOf = (run: ModelRun) => run.approvals.find(({ status }) => status === 'PENDING')
export const inTurn = (kind: ApprovalKind) => kind === 'PERMISSION' || kind === 'QUESTION'
/** Whether an agent waits for an answer in the middle of its turn. */
export function isAsking(run: ModelRun): boolean {
  const open = openApprovalOf(run)
  return run.status === 'AWAITING_APPROVAL' && open !== undefined && inTurn(open.kind)
}
/** Whether the owner and its agent may go on with their work. */
export const isAtWork = (run: ModelRun) => run.status === 'RUNNING' || isAsking(run)
/** Whether its agent works on it: only then are prompts, artifacts and failures allowed. */
export const isWorkedOn = ({ status }: ModelPhase) => status === 'RUNNING' || status === 'AWAITING_ARTIFACT'

/** Adds an event to the log; `sign` sets its actor later. */
export function note(run: ModelRun, type: string, now: number): void {
  run.log.push({ type, epoch: run.epoch, actor: '' })
  run.activeAt = now
}

/** Sets the actor of all events that have none yet. */
export function sign(run: ModelRun, actor: string): void {
  for (const event of run.log) if (event.actor === '') event.actor = actor
}

export function move(run: ModelRun, status: RunStatus, now: number): void {
  if (isActive(run) && run.status !== 'RUNNING') run.away += now - run.statusAt
  run.status = status
  run.statusAt = now
  // a pause alone keeps the waiting
  if (status !== 'PAUSED') {
    run.notBefore = null
    run.queuedFrom = null
  }
}

/** Moves a run between RUNNING and a question in a turn: the queue it came from is not forgotten. */
export function moveInTurn(run: ModelRun, status: 'RUNNING' | 'AWAITING_APPROVAL', now: number): void {
  if (status === 'RUNNING') run.away += now - Math.max(run.statusAt, phaseAt(run).startedAt)
  run.status = status
  run.statusAt = now
}

/** Ends the question that is open, if one is: the run is at work again. */
export function withdrawQuestion(run: ModelRun, now: number): void {
  const open = openApprovalOf(run)
  if (!open || !isAsking(run)) return
  open.status = 'VOID'
  note(run, 'approval.withdrawn', now)
  moveInTurn(run, 'RUNNING', now)
}

export const isWaiting = ({ notBefore }: ModelRun, now: number) => notBefore !== null && notBefore > now

/** Sets the status of a phase and of its last attempt. */
export function setPhase(phase: ModelPhase, status: PhaseStatus): void {
  phase.status = status
  const last = phase.attempts.at(-1)
  if (last) last.status = status
}

export function completePhase(run: ModelRun, now: number, key = run.at): void {
  const phase = phaseAt(run, key)
  if (phase.status === 'COMPLETED') return
  setPhase(phase, 'COMPLETED')
  note(run, 'phase.completed', now)
}

export function endExecutions(run: ModelRun, end: ExecutionEnd): void {
  for (const execution of run.executions) if (execution.end === null) execution.end = end
}

const SETTLING = {
  COMPLETED: 'run.completed',
  FAILED: 'run.failed',
  CANCELLED: 'run.cancelled',
  EXPIRED: 'run.expired',
} as const

/** Settles a run and everything below it. */
export function settle(
  run: ModelRun,
  status: keyof typeof SETTLING,
  reason: RunReason,
  now: number,
  end: ExecutionEnd = 'CLOSED_BY_RUN',
): void {
  move(run, status, now)
  note(run, SETTLING[status], now)
  run.reason = reason
  run.settlings++
  run.graceEndsAt = null
  run.awaitsChildren = false
  run.parentTold = run.parentId === null
  endExecutions(run, end)
  for (const phase of run.phases.values()) {
    if (isWorkedOn(phase) || phase.status === 'AWAITING_APPROVAL') setPhase(phase, 'CANCELLED')
    if (phase.status === 'PENDING' && status === 'COMPLETED') phase.status = 'SKIPPED'
  }
  for (const session of run.sessions) session.status = 'DISPOSED'
  for (const approval of run.approvals) if (approval.status === 'PENDING') approval.status = 'VOID'
  for (const message of run.messages) if (message.status === 'PENDING') message.status = 'UNDELIVERED'
}

/** Settles a run as FAILED while its owner keeps the lease until it has stopped. */
export function failUnderOwner(run: ModelRun, reason: RunReason, now: number): void {
  settle(run, 'FAILED', reason, now)
  if (!isLeased(run.claim, now)) run.claim = null
}

export function cancelNow(
  run: ModelRun,
  now: number,
  {
    confirmed = false,
    end = 'CLOSED_BY_RUN',
    reason = run.cancelReason,
    keeps = false,
  }: { confirmed?: boolean; end?: ExecutionEnd; reason?: RunReason; keeps?: boolean } = {},
): void {
  if (!isActive(run)) beginEpoch(run, now)
  settle(run, 'CANCELLED', reason, now, end)
  run.confirmed = confirmed
  if (!keeps) run.claim = null
}

export function beginEpoch(run: ModelRun, now: number): void {
  run.epoch++
  run.epochAt = now
  run.reason = null
  run.takeovers = 0
  for (const phase of run.phases.values()) phase.rejections = 0
}

export function giveClaim(run: ModelRun, { owner, leaseSeconds }: AskedClaim, now: number): void {
  run.fence++
  run.claim = {
    owner,
    fence: run.fence,
    seconds: leaseSeconds,
    expiresAt: leaseSeconds === 0 ? null : now + leaseSeconds,
  }
  const since = run.queuedFrom ?? run.statusAt
  run.awaitsChildren = false
  move(run, 'RUNNING', now)
  run.queuedFrom = since
  note(run, 'run.claimed', now)
}
