import type { Commands } from '../../commands/kit/context.ts'
import { reconcile } from '../../commands/run/reconcile.ts'
import type { LoadedRun } from '../../store/run/loadRun.ts'

/** Moves on what is due (G5). False where none of it could be: what was read is shown as it stands. */
export async function applyDueRuns(commands: Commands, due: readonly LoadedRun[]): Promise<boolean> {
  const present = await reconcile(commands, due)
  return present.some((loaded, index) => loaded !== due[index])
}
