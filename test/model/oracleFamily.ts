import type { WorkflowDefinition } from '../../src/lifecycle/workflow.ts'
import {
  type AskedClaim,
  cancelNow,
  giveClaim,
  isActive,
  isGood,
  isLeased,
  newRun,
  note,
  sign,
} from './beliefs.ts'
import {
  accepted,
  endOfChain,
  type Expected,
  type Model,
  type ModelRun,
  refused,
  runOf,
} from './modelState.ts'
import { askToStop, holderOf } from './oracle.ts'
import { due } from './oracleDue.ts'

/**
 * What concerns several runs is several applies, each of one run; between any two of them another command may come in.
 * Each function here stops (`yield`) wherever one apply ends and the next begins.
 */
export type Applies<T> = Generator<undefined, T>

/** What became of the children of a run that settled. */
export interface Relatives {
  /** Whether it had any that were active. */
  readonly found?: boolean
  readonly cancelled: number
  readonly left: readonly string[]
}

/** The end of a run, as those who are owed something by it are told. */
export type End = Pick<ModelRun, 'id' | 'parentId' | 'status' | 'epoch' | 'cascade'>

export const toEnd = ({ id, parentId, status, epoch, cascade }: ModelRun): End => ({
  id,
  parentId,
  status,
  epoch,
  cascade,
})

const byId = (one: ModelRun, other: ModelRun) => (one.id < other.id ? -1 : 1)

export const activeChildren = (model: Model, id: string): ModelRun[] =>
  model.runs.filter((run) => run.parentId === id && !run.deleted && isActive(run)).toSorted(byId)

/** Pays what a run that settled owes: its parent is told, its children are cancelled unless it was COMPLETED. */
export function* payRelatives(model: Model, end: End): Applies<Relatives> {
  yield
  tellParent(model, end)
  yield
  const children = activeChildren(model, end.id)
  let cancelled = 0
  if (end.status !== 'COMPLETED' && end.cascade)
    for (const child of children) {
      yield
      cancelled += yield* closeChild(model, child)
    }
  return { found: children.length > 0, cancelled, left: children.filter(isActive).map(({ id }) => id) }
}

/** An active parent notes each end of a child once; what is due on the parent comes first. */
export function tellParent(model: Model, { id, parentId, epoch }: End): void {
  const parent = model.runs.find((run) => run.id === parentId && !run.deleted)
  const name = `${id}:${epoch}`
  if (parent && !parent.toldOf.has(name)) {
    due(model, parent)
    if (isActive(parent)) {
      note(parent, 'child.settled', model.now)
      sign(parent, 'system')
      parent.toldOf.add(name)
    }
  }
  const child = runOf(model, id)
  if (child.epoch === epoch && !isActive(child)) child.parentTold = true
}

/** Closes a child whose parent settled; returns how many runs were cancelled by that. */
export function* closeChild(model: Model, child: ModelRun): Applies<number> {
  if (child.deleted) return 0
  const { settlings } = child
  due(model, child)
  if (isActive(child) && child.status !== 'CANCELLING') {
    child.cascade = true
    if (isLeased(child.claim, model.now)) askToStop(child, model.now, 'CLOSED_BY_PARENT')
    else cancelNow(child, model.now, { reason: 'CLOSED_BY_PARENT' })
    sign(child, 'system')
  }
  if (child.settlings === settlings || isActive(child)) return 0
  const isCancelled = child.status === 'CANCELLED'
  const below = yield* payRelatives(model, toEnd(child))
  return below.cancelled + (isCancelled ? 1 : 0)
}

/** Applies what is due on a run, and pays what it owes where it settled by that. */
export function* lookAt(model: Model, run: ModelRun): Applies<boolean> {
  if (run.deleted) return false
  const { settlings } = run
  const { length } = run.log
  due(model, run)
  if (run.settlings !== settlings) yield* payRelatives(model, toEnd(run))
  return run.log.length > length
}

/** Pays what servers that died between two applies left owing. */
export function* payOwed(model: Model): Applies<void> {
  const owed = model.runs.filter((run) => !run.deleted && run.parentId !== null).toSorted(byId)
  const owing = owed.flatMap((run) => {
    const parent = model.runs.find(({ id, deleted }) => id === run.parentId && !deleted)
    if (!isActive(run)) return run.parentTold ? [] : [{ run, close: false }]
    const closes = parent && !isActive(parent) && parent.status !== 'COMPLETED' && parent.cascade
    return closes && run.status !== 'CANCELLING' ? [{ run, close: true }] : []
  })
  for (const { run, close } of owing) {
    yield
    if (close) yield* closeChild(model, run)
    else tellParent(model, toEnd(run))
  }
}

/** A run as it is asked for. */
export interface AskedRun {
  readonly workflow: WorkflowDefinition
  readonly concurrencyKey: string | null
  readonly claim: AskedClaim | null
  readonly parentId: string | null
  readonly continuesId: string | null
}

const MAX_DEPTH = 5

/**
 * Starts a run under the id that it was given.
 * @param replay what its key says, where the same was asked at once
 */
export function* startRun(
  model: Model,
  asked: AskedRun,
  id: string,
  replay: () => Expected | null,
): Applies<Expected> {
  const parent = asked.parentId === null ? null : runOf(model, asked.parentId)
  if (parent) {
    if (parent.deleted) return refused('RunNotFound')
    yield* lookAt(model, parent)
    if (!isActive(parent)) return refused('RunNotActive', { status: parent.status })
    if (parent.depth >= MAX_DEPTH) return refused('InvalidInput')
    yield
  }
  const continues = asked.continuesId === null ? null : runOf(model, asked.continuesId)
  if (continues) {
    if (continues.deleted) return refused('RunNotFound')
    yield* lookAt(model, continues)
    yield
    // from here on the start is one step: it takes place while the run that it continues is as it is judged
    if (continues.deleted) return refused('RunNotFound')
    const end = endOfChain(model, continues)
    if (end) {
      yield* lookAt(model, end)
      yield
      return replay() ?? refused('AlreadyContinued', { by: { run: { id: end.id } } })
    }
    if (isActive(continues)) return refused('InvalidInput')
    if (continues.workflow.name !== asked.workflow.name)
      return refused('WorkflowMismatch', { name: continues.workflow.name })
    if (isGood(continues.claim, model.now))
      return refused('ConcurrencyConflict', { holder: { run: { id: continues.id } } })
  }
  const kept = replay()
  if (kept) return kept
  const { concurrencyKey, claim } = asked
  const holder = holderOf(model, concurrencyKey, null)
  if (holder) return refused('ConcurrencyConflict', { holder: { run: { id: holder.id } } })
  const run = newRun(model, id, asked.workflow, { concurrencyKey, parent, continues })
  if (claim) giveClaim(run, claim, model.now)
  return accepted
}
