import type { Action, ActionOf, Actor } from './actions.ts'
import { type Expected, type Model, type ModelRun, refused, replayed } from './modelState.ts'
import * as oracle from './oracle.ts'
import { due } from './oracleDue.ts'

type Kind = Exclude<Action['kind'], 'again' | 'sweep' | 'pass' | 'sleep'>

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
  resume: STARTERS,
  complete: DRIVERS,
  fail: DRIVERS,
  advance: DRIVERS,
  startPhase: DRIVERS,
  failPhase: DRIVERS,
  completeRound: DRIVERS,
  execute: DRIVERS,
  finish: DRIVERS,
}

/** Whether an actor may do it; a claim that comes along takes the right to claim as well. */
export function mayDo(by: Actor, kind: Kind, claims = false): boolean {
  return RIGHTS[kind].includes(by) && (!claims || RIGHTS.claim.includes(by))
}

/** What the oracle looks at of a command about one run. */
export interface Asked {
  readonly kind: Exclude<Kind, 'start' | 'claimAny' | 'renew'>
  readonly by: Actor
  readonly key: string | null
  readonly input: Record<string, unknown>
  /** Undefined where the command is not a driving one; null where the fence was left out. */
  readonly fence?: number | null
  /** The revision insisted on, with that of the row before the command. */
  readonly revision?: { readonly asked: number | null; readonly row: number }
  readonly claims?: boolean
  /** What is answered where the thing asked about is not there; absent where it is, or where only the run can be missing. */
  readonly missing?: Expected
  /** The command itself, once all that comes before it is passed; `before` is the status before what was due. */
  readonly rule: (before: ModelRun['status']) => Expected
}

/** The checks every command goes through, in their order: exists, role, replay, due, fence, revision, then its rule. */
export function expectAbout(model: Model, run: ModelRun, asked: Asked): Expected {
  if (asked.missing) return asked.missing
  const kept = replayOf(model, asked)
  // of a run that is gone only its deletion is remembered
  if (run.deleted && !(asked.kind === 'delete' && kept)) return refused('RunNotFound')
  if (!mayDo(asked.by, asked.kind, asked.claims)) return refused('Forbidden')
  if (kept) return kept
  const before = { status: run.status, held: run.claim !== null }
  due(run, model.now)
  const expected = whatFollows(model, run, asked, before)
  if (expected.ok && expected.changed) remember(model, asked, run.id)
  return expected
}

function whatFollows(
  model: Model,
  run: ModelRun,
  { fence, revision, kind, rule }: Asked,
  before: { readonly status: ModelRun['status']; readonly held: boolean },
): Expected {
  if (fence !== undefined && !(kind === 'fail' && run.status === 'QUEUED' && fence === null)) {
    const lost = oracle.lostLease(run, model.now, fence)
    if (lost) return lost
  }
  const wasActive = !['COMPLETED', 'FAILED', 'CANCELLED', 'EXPIRED'].includes(before.status)
  const moved = run.status !== before.status || (wasActive && before.held && run.claim === null)
  if (revision && revision.asked !== null && (revision.asked !== revision.row || moved))
    return refused('RevisionConflict', { expected: revision.asked })
  return rule(before.status)
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

/** What a start is answered with; `accepted` where a new run begins, which is then to be told to the model. */
export function expectStart(
  model: Model,
  action: ActionOf<'start'>,
  key: string | null,
  input: object,
): Expected {
  if (!mayDo(action.by, 'start', action.claim !== null)) return refused('Forbidden')
  const kept = replayOf(model, { kind: 'start', key, input: { ...input } })
  if (kept) return kept
  const holder = oracle.holderOf(model, action.slot, null)
  if (holder) return refused('ConcurrencyConflict', { holder: { run: { id: holder.id } } })
  return { ok: true, changed: true, replayed: false }
}
