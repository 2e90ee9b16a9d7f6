import type { Run } from '../../lifecycle/run/run.ts'
import { isSettledStatus } from '../../lifecycle/run/words.ts'
import { countClosedDescendants } from '../../store/run/family/countClosedDescendants.ts'
import { findActiveChildren } from '../../store/run/family/findActiveChildren.ts'
import { markParentNotified } from '../../store/run/family/markParentNotified.ts'
import { type LoadedRun, loadRuns } from '../../store/run/loadRun.ts'
import { changeOne, sweepOne } from './changeOne.ts'
import { type Commands, SYSTEM } from '../kit/context.ts'

/** What became of a run's children when it settled, or its cancel was accepted. */
export interface Relatives {
  /** How many runs below it were cancelled. */
  readonly cancelled: number
  /** Children that are not settled: being cancelled by their owners, owed it still, or left alone. */
  readonly left: readonly LoadedRun[]
}

/** Nothing was owed to anyone. */
export const NO_RELATIVES: Relatives = { cancelled: 0, left: [] }

/**
 * Pays what a run owes that settled, or whose cancel was accepted: its attached children are cancelled unless it was COMPLETED or
 * said to leave them alone, and its parent is told of its end. Each is an apply of its own, and doing it again changes nothing. What
 * can't be paid now stays owed, and keeps nothing else from being paid.
 */
export async function settleRelatives(commands: Commands, run: Run): Promise<Relatives> {
  if (run.settledAt !== null) await notifyParent(commands, run).catch(() => undefined)
  const { store } = commands
  const children = await findActiveChildren(store.pool, run.id)
  if (children.length === 0) return NO_RELATIVES
  const closes = run.status !== 'COMPLETED' && run.cascade
  let cancelled = 0
  for (const { id, detached } of children)
    if (closes && !detached) cancelled += await closeChild(commands, id).catch(() => 0)
  return { cancelled, left: await loadActive(commands, children) }
}

/** What there is to say of a run's children where it did not end by this very request: as it is now. */
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
 * Cancels a child whose parent takes it along, and what is below it; returns how many runs were cancelled by that. That it is to be
 * cancelled is due on the child itself: whoever looks at it finds so.
 */
export async function closeChild(commands: Commands, runId: string): Promise<number> {
  const { ended } = await sweepOne(commands, runId)
  if (!ended) return 0
  const below = await settleRelatives(commands, ended)
  return below.cancelled + (ended.status === 'CANCELLED' ? 1 : 0)
}

/** Notes on the parent, while it is active, how its child ended: once for each epoch of the child. */
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
