import { beginEpoch, cancelNow, isActive, isLeased, move, note, withdrawQuestion } from './beliefs.ts'
import { LIMITS, type Model, type ModelRun } from './modelState.ts'

const byId = (one: ModelRun, other: ModelRun) => (one.id < other.id ? -1 : 1)

/** The active children of a run. */
export const activeChildren = (model: Model, id: string): ModelRun[] =>
  model.runs.filter((run) => run.parentId === id && !run.deleted && isActive(run)).toSorted(byId)

/** The active children that are cancelled with the run, and that it waits for. */
export const attachedChildren = (model: Model, id: string): ModelRun[] =>
  activeChildren(model, id).filter(({ detached }) => !detached)

export const parentOf = (model: Model, { parentId }: ModelRun): ModelRun | undefined =>
  model.runs.find(({ id, deleted }) => id === parentId && !deleted)

/** Whether the end of an ancestor, through attached runs only, cancels this run. */
export function isTakenAlong(model: Model, run: ModelRun): boolean {
  if (run.detached) return false
  const parent = parentOf(model, run)
  if (!parent || parent.status === 'COMPLETED') return false
  if (parent.status === 'CANCELLING' || !isActive(parent)) return parent.cascade
  return isTakenAlong(model, parent)
}

/** Whether no child may be started below a run. */
export const isClosed = (run: ModelRun) => !isActive(run) || run.status === 'CANCELLING'

/** Ends a wait for children: the run's time in the queue starts now. */
export function endWait(model: Model, run: ModelRun): void {
  if (!run.awaitsChildren || attachedChildren(model, run.id).length > 0) return
  run.awaitsChildren = false
  run.queuedFrom = Math.max(run.queuedFrom ?? 0, model.now)
}

/** Cancels a run; with a live owner it is CANCELLING until the owner has stopped. */
export function cancelBy(run: ModelRun, now: number, reason: 'CANCELLED_BY_USER' | 'CLOSED_BY_PARENT'): void {
  if (!isLeased(run.claim, now)) return cancelNow(run, now, { reason })
  withdrawQuestion(run, now)
  if (run.status === 'FAILED') beginEpoch(run, now)
  run.cancelReason = reason
  run.awaitsChildren = false
  run.graceEndsAt = now + LIMITS.cancelGraceSeconds
  move(run, 'CANCELLING', now)
  note(run, 'run.cancel_requested', now)
}
