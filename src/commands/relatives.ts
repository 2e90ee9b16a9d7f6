import type { Run } from '../lifecycle/run.ts'
import { isSettledStatus } from '../lifecycle/words.ts'
import { countClosedBelow, findActiveChildren, markParentTold } from '../store/relatives.ts'
import { type LoadedRun, loadRuns } from '../store/loadRun.ts'
import { changeOne } from './changeOne.ts'
import { type Commands, SYSTEM } from './context.ts'

/** What became of a run's children when it settled. */
export interface Relatives {
  /** How many runs below it were cancelled. */
  readonly cancelled: number
  /** Children that are not settled: being cancelled by their owners, or left alone. */
  readonly left: readonly LoadedRun[]
}

/** Nothing was owed to anyone. */
export const NO_RELATIVES: Relatives = { cancelled: 0, left: [] }

/**
 * Pays what a run that settled owes: its children are cancelled unless it was COMPLETED or said to leave them alone,
 * and its parent is told. Each is an apply of its own, and doing it again changes nothing.
 */
export async function settleRelatives(commands: Commands, run: Run): Promise<Relatives> {
  await tellParent(commands, run)
  const { store } = commands
  const ids = await findActiveChildren(store.pool, run.id)
  if (ids.length === 0) return NO_RELATIVES
  const closes = run.status !== 'COMPLETED' && run.cascade
  let cancelled = 0
  if (closes) for (const id of ids) cancelled += await closeChild(commands, id, run.id)
  const children = await loadRuns(store.pool, store, ids)
  return { cancelled, left: children.filter((child) => !isSettledStatus(child.run.status)) }
}

/** What there is to say of a run's children where it did not settle by this very request: as it is now. */
export async function presentRelatives({ store }: Commands, runId: string): Promise<Relatives> {
  const cancelled = await countClosedBelow(store.pool, runId)
  const ids = await findActiveChildren(store.pool, runId)
  return { cancelled, left: ids.length > 0 ? await loadRuns(store.pool, store, ids) : [] }
}

/** Cancels a child and what is below it; returns how many runs were cancelled by that. */
export async function closeChild(commands: Commands, runId: string, parentId: string): Promise<number> {
  const ask = { operation: null, runId, command: { type: 'closeByParent', parentId }, request: null } as const
  const { settled } = await changeOne(commands, SYSTEM, ask)
  if (!settled) return 0
  const below = await settleRelatives(commands, settled)
  return below.cancelled + (settled.status === 'CANCELLED' ? 1 : 0)
}

/** Notes on the parent, while it is active, how its child ended: once for each epoch of the child. */
export async function tellParent(commands: Commands, child: Run): Promise<void> {
  const { parentId, id, status, reason, epoch } = child
  if (parentId === null) return
  const command = { type: 'noteChild', childId: id, status, reason, epoch } as const
  await changeOne(commands, SYSTEM, {
    operation: 'noteChild',
    runId: parentId,
    command,
    idempotencyKey: `${id}:${epoch}`,
    request: { childId: id, epoch },
  })
  await markParentTold(commands.store.pool, id, epoch)
}
