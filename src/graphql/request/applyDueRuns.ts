import type { Commands } from '../../commands/kit/context.ts'
import { reconcile } from '../../commands/run/reconcile.ts'
import type { LoadedRun } from '../../store/run/loadRun.ts'

/** Applies due changes (G5). Returns false if none could be applied: the runs are then shown as they were read. */
export async function applyDueRuns(commands: Commands, due: readonly LoadedRun[]): Promise<boolean> {
  const present = await reconcile(commands, due)
  return present.some((loaded, index) => loaded !== due[index])
}
