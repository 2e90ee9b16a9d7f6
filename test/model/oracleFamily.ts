import type { WorkflowDefinition } from '../../src/lifecycle/workflow/workflow.ts'
import { type AskedClaim, giveClaim, isActive, isGood, newRun, note, sign } from './beliefs.ts'
import { activeChildren, endWait, isClosed } from './kinship.ts'
import {
  accepted,
  endOfChain,
  type Expected,
  type Model,
  type ModelRun,
  refused,
  runOf,
} from './modelState.ts'
import { holderOf, noteOn } from './oracle.ts'
import { due } from './oracleDue.ts'

/**
 * A change of several runs is several applies, each of one run; another command may run between any two of them. Each
 * function here yields between two applies.
 */
export type Applies<T> = Generator<undefined, T>

/** What happened to the children of a run that settled. */
export interface Relatives {
  /** Whether it had any that were active. */
  readonly found?: boolean
  readonly cancelled: number
  readonly left: readonly string[]
}

/** The end of a run, as it is propagated to its relatives. */
export type End = Pick<ModelRun, 'id' | 'parentId' | 'status' | 'epoch' | 'cascade'>

export const toEnd = ({ id, parentId, status, epoch, cascade }: ModelRun): End => ({
  id,
  parentId,
  status,
  epoch,
  cascade,
})

const byId = (one: ModelRun, other: ModelRun) => (one.id < other.id ? -1 : 1)

/** Whether a run settled, or its cancel was accepted, since it was so. */
export function hasEnded(run: ModelRun, before: Pick<ModelRun, 'settlings' | 'status'>): boolean {
  if (!isActive(run)) return run.settlings !== before.settlings
  return run.status === 'CANCELLING' && before.status !== 'CANCELLING'
}

/** Propagates the end of a run: notes it on its parent, and cancels its attached children unless it was COMPLETED. */
export function* payRelatives(model: Model, end: End): Applies<Relatives> {
  if (end.status !== 'CANCELLING') {
    yield
    tellParent(model, end)
  }
  yield
  const children = activeChildren(model, end.id)
  let cancelled = 0
  if (end.status !== 'COMPLETED' && end.cascade)
    for (const child of children) {
      if (child.detached) continue
      yield
      cancelled += yield* closeChild(model, child)
    }
  return { found: children.length > 0, cancelled, left: children.filter(isActive).map(({ id }) => id) }
}

/** An active parent notes each end of a child once, after the changes due on the parent. */
export function tellParent(model: Model, { id, parentId, epoch }: End): void {
  const parent = model.runs.find((run) => run.id === parentId && !run.deleted)
  const name = `${id}:${epoch}`
  if (parent && !parent.toldOf.has(name)) {
    due(model, parent)
    if (isActive(parent)) {
      note(parent, 'child.settled', model.now)
      sign(parent, 'system')
      parent.toldOf.add(name)
      endWait(model, parent)
    }
  }
  const child = runOf(model, id)
  if (child.epoch === epoch && !isActive(child)) child.parentTold = true
}

/** Looks at a child that its parent takes along: that is due on it. Returns how many runs were cancelled by that. */
export function* closeChild(model: Model, child: ModelRun): Applies<number> {
  if (child.deleted) return 0
  const { settlings, status } = child
  due(model, child)
  if (!hasEnded(child, { settlings, status })) return 0
  const isCancelled = child.status === 'CANCELLED'
  const below = yield* payRelatives(model, toEnd(child))
  return below.cancelled + (isCancelled ? 1 : 0)
}

/** Applies what is due on a run, and propagates its end if that ended it. */
export function* lookAt(model: Model, run: ModelRun): Applies<boolean> {
  if (run.deleted) return false
  const { settlings, status } = run
  const { length } = run.log
  due(model, run)
  if (hasEnded(run, { settlings, status })) yield* payRelatives(model, toEnd(run))
  return run.log.length > length
}

/** Completes the propagation that servers left unfinished when they died between two applies. */
export function* payOwed(model: Model): Applies<void> {
  const owed = model.runs.filter((run) => !run.deleted && run.parentId !== null).toSorted(byId)
  const owing = owed.flatMap((run) => {
    const parent = model.runs.find(({ id, deleted }) => id === run.parentId && !deleted)
    if (!isActive(run)) return run.parentTold ? [] : [{ run, close: false }]
    const closes =
      parent && isClosed(parent) && parent.status !== 'COMPLETED' && parent.cascade && !run.detached
    return closes && run.status !== 'CANCELLING' ? [{ run, close: true }] : []
  })
  for (const { run, close } of owing) {
    yield
    if (close) yield* closeChild(model, run)
    else tellParent(model, toEnd(run))
  }
}

/** The fields of a requested run. */
export interface AskedRun {
  readonly workflow: WorkflowDefinition
  readonly concurrencyKey: string | null
  readonly claim: AskedClaim | null
  readonly parentId: string | null
  readonly detached: boolean
  readonly continuesId: string | null
}

const MAX_DEPTH = 5

/**
 * Starts a run under the id that it was given.
 * @param name who starts it, as the log has it
 * @param replay what its key says, where the same was asked at once
 */
export function* startRun(
  model: Model,
  asked: AskedRun,
  id: string,
  name: string,
  replay: () => Expected | null,
): Applies<Expected> {
  const { detached } = asked
  const parent = asked.parentId === null ? null : runOf(model, asked.parentId)
  if (detached && !parent) return refused('InvalidInput')
  if (parent) {
    if (parent.deleted) return refused('NotFound')
    // nothing is due on a settled parent: it is shown as it is stored, with an expired claim too
    if (isActive(parent)) yield* lookAt(model, parent)
    if (isClosed(parent)) return refused('RunNotActive', { status: parent.status })
    if (parent.depth >= MAX_DEPTH) return refused('InvalidInput')
    yield
  }
  const continues = asked.continuesId === null ? null : runOf(model, asked.continuesId)
  if (continues) {
    if (continues.deleted) return refused('NotFound')
    yield* lookAt(model, continues)
    yield
    // from here on the start is one step: it takes place while the run that it continues is as it is judged
    if (continues.deleted) return refused('NotFound')
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
  if (parent && !detached) {
    if (parent.deleted) return refused('NotFound')
    due(model, parent)
    if (isClosed(parent)) return refused('RunNotActive', { status: parent.status })
  }
  const { concurrencyKey, claim } = asked
  const holder = holderOf(model, concurrencyKey, null)
  if (holder) return refused('ConcurrencyConflict', { holder: { run: { id: holder.id } } })
  const run = newRun(model, id, asked.workflow, { concurrencyKey, parent, detached, continues })
  if (parent && !detached) noteOn(parent, 'child.started', model.now, name)
  if (claim) giveClaim(run, claim, model.now)
  return accepted
}
