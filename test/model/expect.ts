import type { Actor, Kind } from './actions.ts'
import { isActive, sign } from './beliefs.ts'
import {
  type Expected,
  type Model,
  type ModelApproval,
  type ModelExecution,
  type ModelRun,
  refused,
  replayed,
  runOf,
  unchanged,
} from './modelState.ts'
import { isOver, lostLease } from './oracle.ts'
import { mayDecide } from './oracleApprovals.ts'
import { mayFinish } from './oraclePhases.ts'
import { due } from './oracleDue.ts'

const DRIVERS: readonly Actor[] = ['worker', 'admin', 'agent']
const WORKERS: readonly Actor[] = ['worker', 'admin']
const OPERATORS: readonly Actor[] = ['operator', 'admin']
const STARTERS: readonly Actor[] = ['operator', 'worker', 'admin']

/** Who may do what. */
const RIGHTS: { readonly [K in Kind]: readonly Actor[] } = {
  start: STARTERS,
  claim: WORKERS,
  claimAny: WORKERS,
  renew: WORKERS,
  release: WORKERS,
  confirmCancel: WORKERS,
  pause: OPERATORS,
  cancel: OPERATORS,
  delete: OPERATORS,
  detach: OPERATORS,
  resume: STARTERS,
  complete: DRIVERS,
  fail: DRIVERS,
  advance: DRIVERS,
  startPhase: DRIVERS,
  failPhase: DRIVERS,
  completeRound: DRIVERS,
  execute: DRIVERS,
  finish: [...DRIVERS, 'operator'],
  openSession: DRIVERS,
  updateSession: DRIVERS,
  recordPrompt: DRIVERS,
  append: DRIVERS,
  submit: DRIVERS,
  askApproval: DRIVERS,
  decide: OPERATORS,
  say: OPERATORS,
  receipt: DRIVERS,
}

/** What the actors are called in the log. */
export const NAMES: Readonly<Record<Actor, string>> = {
  operator: 'olga',
  worker: 'wanda',
  admin: 'adam',
  viewer: 'vera',
  agent: 'agent',
}

/** Whether an actor may do it; a claim that comes along takes the right to claim as well. */
export function mayDo(by: Actor, kind: Kind, claims = false): boolean {
  return RIGHTS[kind].includes(by) && (!claims || RIGHTS.claim.includes(by))
}

/** The rows below a run that commands name, and what is answered where there is none. */
export const NAMED = {
  executions: 'ExecutionNotFound',
  sessions: 'SessionNotFound',
  approvals: 'ApprovalNotFound',
  messages: 'MessageNotFound',
} as const

/** Ids that the answer of the server tells of what a command made. */
export interface Made {
  readonly rowId: string
  readonly approvalId: string
}

/** What a rule looks at: the run, after all that comes before the rule. */
export interface Turn {
  readonly model: Model
  readonly run: ModelRun
  readonly now: number
  /** The status before what was due. */
  readonly before: ModelRun['status']
  readonly made: Made
  readonly name: string
  readonly key: string | null
}

/** What the oracle looks at of a command about one run. */
export interface Asked {
  readonly kind: Exclude<Kind, 'start' | 'claimAny'>
  readonly by: Actor
  readonly runId: string
  readonly key: string | null
  readonly input: Record<string, unknown>
  /** The fence that the actor's token carries, where it is an agent. */
  readonly agentFence: number
  /** Undefined where the command is not a driving one; null where the fence was left out. */
  readonly fence?: number | null
  readonly ifRevision?: number | null
  readonly claims?: boolean
  /** The row below the run that the command names. */
  readonly row?: { readonly of: keyof typeof NAMED; readonly id: string }
  /** True for what is no decision about the run: nothing is due before it. */
  readonly exempt?: boolean
  /** The command itself, once all that comes before it is passed. */
  readonly rule: (turn: Turn) => Expected
}

/** What an action puts to the oracle beside what all have in common. */
export type Asking = Pick<Asked, 'rule'> & Partial<Pick<Asked, 'row' | 'claims' | 'exempt'>>

/** The checks every command goes through, in their order: exists, role, replay, due, fence, revision, then its rule. */
export function expectAbout(model: Model, asked: Asked, made: Made): Expected {
  const { kind, by, row, claims = false } = asked
  const run = runOf(model, asked.runId)
  const named = row && run[row.of].find(({ id }) => id === row.id)
  if (row && (run.deleted || !named)) return refused(NAMED[row.of])
  const kept = replayOf(model, asked)
  // of a run that is gone only its deletion is remembered
  if (run.deleted && !(kind === 'delete' && kept)) return refused('RunNotFound')
  const name = NAMES[by]
  const mayAnswer = row?.of !== 'approvals' || mayDecide(run, named as ModelApproval, name)
  const mayEnd =
    row?.of !== 'executions' || mayFinish(named as ModelExecution, by, asked.input['fence'], asked.agentFence)
  if (!mayDo(by, kind, claims) || !mayAnswer || !mayEnd) return refused('Forbidden')
  const before = run.claim?.fence
  if (kept) return toldToAgent(asked, kept, before, before)
  const turn: Turn = { model, run, now: model.now, before: run.status, made, name, key: asked.key }
  if (asked.exempt) return toldToAgent(asked, asked.rule(turn), before, before)
  due(model, run)
  const expected =
    checkRepeated(turn, asked) ??
    checkFence(turn, asked) ??
    checkRevision(turn, asked) ??
    checkOver(turn, asked) ??
    asked.rule(turn)
  sign(run, name)
  if (expected.ok && expected.changed) remember(model, asked, run.id)
  return toldToAgent(asked, expected, before, run.claim?.fence)
}

/** What an agent may have done that its claim did not outlive, or that needs none. */
const TOLD_LATE: readonly Kind[] = ['complete', 'fail', 'finish', 'append']

/**
 * An agent whose claim is over is told that, and nothing of the run.
 * @param before fence of the claim on the row before the command; `after` what was due for one that is refused
 */
function toldToAgent(
  { by, kind, agentFence }: Asked,
  expected: Expected,
  before: number | undefined,
  after: number | undefined,
): Expected {
  if (by !== 'agent' || agentFence === (expected.ok ? before : after)) return expected
  if (expected.ok && TOLD_LATE.includes(kind)) return expected
  if (!expected.ok && expected.type === 'IdempotencyMismatch')
    return { ...expected, told: { ...expected.told, withheld: true } }
  if (kind === 'finish') return refused('Forbidden')
  return refused('LeaseLost', { yourFence: agentFence, currentFence: agentFence, withheld: true })
}

/** Who completed a run and does so again is told that it is. */
function checkRepeated({ run }: Turn, { kind, fence }: Asked): Expected | null {
  return kind === 'complete' && run.status === 'COMPLETED' && fence === run.fence ? unchanged : null
}

function checkFence({ run, now }: Turn, { kind, fence }: Asked): Expected | null {
  if (fence === undefined) return null
  if (kind === 'fail' && run.status === 'QUEUED' && fence === null) return null
  // a receipt that comes after the end is answered with what became of the message
  if (kind === 'receipt' && !isActive(run)) return null
  return lostLease(run, now, fence)
}

/** What an owner holds of a settled run it may only give back. */
function checkOver({ run }: Turn, { kind, fence }: Asked): Expected | null {
  return fence === undefined || kind === 'release' || kind === 'receipt' ? null : isOver(run)
}

/** A revision is the number of the last event: what was due counts. */
function checkRevision({ run }: Turn, { ifRevision: expected = null }: Asked): Expected | null {
  const actual = run.log.length
  return expected === null || expected === actual ? null : refused('RevisionConflict', { expected, actual })
}

/** A key counts within its operation; a claim is one, however the run was chosen. */
export function keyName(kind: Kind, key: string): string {
  return `${kind === 'claimAny' ? 'claim' : kind} ${key}`
}

/** What a key that was used before makes of a command; null for a new one, or none. */
export function replayOf(
  model: Model,
  { kind, key, input }: Pick<Asked, 'key' | 'input'> & { kind: Kind },
): Expected | null {
  const kept = key === null ? undefined : model.keys.get(keyName(kind, key))
  if (!kept) return null
  const names = new Set([...Object.keys(kept.input), ...Object.keys(input)])
  const differing = [...names].filter(
    (name) => JSON.stringify(kept.input[name] ?? null) !== JSON.stringify(input[name] ?? null),
  )
  if (differing.length === 0) return replayed
  return refused('IdempotencyMismatch', { differing: differing.toSorted() })
}

/** Remembers an accepted command by its key. */
export function remember(
  model: Model,
  { kind, key, input }: Pick<Asked, 'key' | 'input'> & { kind: Kind },
  runId: string,
): void {
  if (kind === 'delete') forget(model, runId)
  if (key !== null) model.keys.set(keyName(kind, key), { input: structuredClone(input), runId })
}

/** With a run go the keys that were kept with it. */
function forget(model: Model, runId: string): void {
  for (const [name, kept] of model.keys) if (kept.runId === runId) model.keys.delete(name)
}
