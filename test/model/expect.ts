import type { Actor, Kind } from './actions.ts'
import { isActive, sign, isAsking } from './beliefs.ts'
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

/** The actors permitted to use each command. */
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
  askInTurn: DRIVERS,
  withdraw: DRIVERS,
  decide: OPERATORS,
  say: OPERATORS,
  receipt: DRIVERS,
}

/** The actors' names in the log. */
export const NAMES: Readonly<Record<Actor, string>> = {
  operator: 'olga',
  worker: 'wanda',
  admin: 'adam',
  viewer: 'vera',
  agent: 'agent',
}

/** Whether an actor is permitted; a command with a claim also requires the permission to claim. */
export function mayDo(by: Actor, kind: Kind, claims = false): boolean {
  return RIGHTS[kind].includes(by) && (!claims || RIGHTS.claim.includes(by))
}

/** The rows below a run that commands refer to, and the refusal if one does not exist. */
export const NAMED = {
  executions: 'NotFound',
  sessions: 'NotFound',
  approvals: 'NotFound',
  messages: 'NotFound',
} as const

/** Ids from the server's answer of the rows that a command created. */
export interface Made {
  readonly rowId: string
  readonly approvalId: string
}

/** The state that a rule gets: the run, after all earlier checks. */
export interface Turn {
  readonly model: Model
  readonly run: ModelRun
  readonly now: number
  /** The status before what was due; RUNNING while a question is open in a turn. */
  readonly before: ModelRun['status']
  readonly made: Made
  readonly name: string
  readonly key: string | null
}

/** The parts of a command about one run that the oracle uses. */
export interface Asked {
  readonly kind: Exclude<Kind, 'start' | 'claimAny'>
  readonly by: Actor
  readonly runId: string
  readonly key: string | null
  readonly input: Record<string, unknown>
  /** The fence of the actor's token, if it is an agent. */
  readonly agentFence: number
  /** Undefined if the command is not a driving one; null if the fence was omitted. */
  readonly fence?: number | null
  readonly ifRevision?: number | null
  readonly claims?: boolean
  /** The row below the run that the command names. */
  readonly row?: { readonly of: keyof typeof NAMED; readonly id: string }
  /** True for a command that is not a decision about the run: nothing due is applied before it. */
  readonly exempt?: boolean
  /** The command's own rule, after all common checks have passed. */
  readonly rule: (turn: Turn) => Expected
}

/** The parts of `Asked` specific to an action. */
export type Asking = Pick<Asked, 'rule'> & Partial<Pick<Asked, 'row' | 'claims' | 'exempt'>>

/** Runs the checks of every command in order: exists, role, replay, due, fence, revision, then its rule. */
export function expectAbout(model: Model, asked: Asked, made: Made): Expected {
  const { kind, by, row, claims = false } = asked
  const run = runOf(model, asked.runId)
  const named = row && run[row.of].find(({ id }) => id === row.id)
  if (row && (run.deleted || !named)) return refused(NAMED[row.of])
  const kept = replayOf(model, asked)
  // Of a deleted run only the deletion's key is kept.
  if (run.deleted && !(kind === 'delete' && kept)) return refused('NotFound')
  const name = NAMES[by]
  const mayAnswer = kind !== 'decide' || mayDecide(run, named as ModelApproval, name)
  const mayEnd =
    row?.of !== 'executions' || mayFinish(named as ModelExecution, by, asked.input['fence'], asked.agentFence)
  if (!mayDo(by, kind, claims) || !mayAnswer || !mayEnd) return refused('Forbidden')
  const before = run.claim?.fence
  if (kept) return toldToAgent(asked, kept, before, before)
  const turn: Turn = {
    model,
    run,
    now: model.now,
    before: isAsking(run) ? 'RUNNING' : run.status,
    made,
    name,
    key: asked.key,
  }
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

/** Commands of an agent that succeed although its claim ended with them, or that need no claim. */
const TOLD_LATE: readonly Kind[] = ['complete', 'fail', 'finish', 'append']

/**
 * Answers an agent whose claim is over with `LeaseLost`, without the run.
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

/** Completing a run again, by the owner that completed it, is a success. */
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

/** The owner of a settled run may only release it. */
function checkOver({ run }: Turn, { kind, fence }: Asked): Expected | null {
  return fence === undefined || kind === 'release' || kind === 'receipt' ? null : isOver(run)
}

/** A revision is the number of the last event, including events that were due. */
function checkRevision({ run }: Turn, { ifRevision: expected = null }: Asked): Expected | null {
  const actual = run.log.length
  return expected === null || expected === actual ? null : refused('RevisionConflict', { expected, actual })
}

/** Actions that are one operation of the server: a claim, however the run was chosen; a question, in a turn or not. */
const OPERATION: Partial<Record<Kind, Kind>> = { claimAny: 'claim', askInTurn: 'askApproval' }

/** A key counts within its operation. */
export function keyName(kind: Kind, key: string): string {
  return `${OPERATION[kind] ?? kind} ${key}`
}

/** The answer to a command whose key was used before; null for a new key, or none. */
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

/** Stores an accepted command by its key. */
export function remember(
  model: Model,
  { kind, key, input }: Pick<Asked, 'key' | 'input'> & { kind: Kind },
  runId: string,
): void {
  if (kind === 'delete') forget(model, runId)
  if (key !== null) model.keys.set(keyName(kind, key), { input: structuredClone(input), runId })
}

/** Deleting a run deletes the keys stored with it. */
function forget(model: Model, runId: string): void {
  for (const [name, kept] of model.keys) if (kept.runId === runId) model.keys.delete(name)
}
