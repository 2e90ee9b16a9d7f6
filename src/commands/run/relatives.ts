import { cancelsChildren } from '../../lifecycle/run/family.ts'
import type { Run } from '../../lifecycle/run/run.ts'
import { isSettledStatus } from '../../lifecycle/run/enums.ts'
import { countClosedDescendants } from '../../store/run/family/countClosedDescendants.ts'
import { findActiveChildren } from '../../store/run/family/findActiveChildren.ts'
import { markParentNotified } from '../../store/run/family/markParentNotified.ts'
import { type LoadedRun, loadRuns } from '../../store/run/loadRun.ts'
import { changeOne } from './changeOne.ts'
import { sweepOne } from './changeSteps.ts'
import { type Commands, SYSTEM } from '../kit/context.ts'

/** The effect on a run's children of settling it, or of accepting its cancel. */
export interface Relatives {
  /** Number of descendants that were cancelled. */
  readonly cancelled: number
  /** Children that are not settled: being cancelled by their owners, still to be cancelled, or left alone. */
  readonly left: readonly LoadedRun[]
}

/** No children were affected. */
export const NO_RELATIVES: Relatives = { cancelled: 0, left: [] }

/**
 * Updates the relatives of a run that settled or whose cancel was accepted: cancels its attached children, unless it
 * was COMPLETED or cancelled without cascade, and notifies its parent of its end. Each update is applied separately
 * and is idempotent. One that fails now stays pending for the sweep and does not block the others.
 */
export async function settleRelatives(commands: Commands, run: Run): Promise<Relatives> {
  if (run.settledAt !== null) await notifyParent(commands, run).catch(() => undefined)
  if (!cancelsChildren(run)) return NO_RELATIVES
  const children = await findActiveChildren(commands.store.pool, run.id)
  if (children.length === 0) return NO_RELATIVES
  let cancelled = 0
  for (const { id, detached } of children)
    if (!detached) cancelled += await closeChild(commands, id).catch(() => 0)
  return { cancelled, left: await loadActive(commands, children) }
}

/** Returns the current state of a run's children, for a request that did not itself end the run. */
export async function presentRelatives(commands: Commands, runId: string): Promise<Relatives> {
  const { pool } = commands.store
  const cancelled = await countClosedDescendants(pool, runId)
  return { cancelled, left: await loadActive(commands, await findActiveChildren(pool, runId)) }
}

async function loadActive(
  { store }: Commands,
  children: readonly { readonly id: string }[],
): Promise<LoadedRun[]> {
  const ids = children.map(({ id }) => id)
  const loaded = ids.length > 0 ? await loadRuns(store.pool, store, ids) : []
  return loaded.filter(({ run }) => !isSettledStatus(run.status))
}

/**
 * Cancels a child whose parent's end cascades to it, and its descendants; returns the number of runs cancelled. The
 * cancel is a due change of the child itself, so any access to the child applies it.
 */
export async function closeChild(commands: Commands, runId: string): Promise<number> {
  const { ended } = await sweepOne(commands, runId)
  if (!ended) return 0
  const below = await settleRelatives(commands, ended)
  return below.cancelled + (ended.status === 'CANCELLED' ? 1 : 0)
}

/** Records on an active parent how its child ended, once per epoch of the child. */
export async function notifyParent(commands: Commands, child: Run): Promise<void> {
  const { parentId, id, status, reason, epoch } = child
  if (parentId === null) return
  const command = { type: 'noteChild', childId: id, status, reason, epoch } as const
  await changeOne(commands, SYSTEM, {
    runId: parentId,
    command,
    idempotencyKey: `${id}:${epoch}`,
    request: { childId: id, epoch },
  })
  await markParentNotified(commands.store.pool, id, epoch)
}
