import { type Commands, ContendedError } from '../commands/context.ts'
import { reconcile } from '../commands/sweep.ts'
import type { LoadedRun } from '../store/loadRun.ts'

/** Moves on what is due (G5). False where others are at it: what was read is shown as it is. */
export async function moveOn(commands: Commands, due: readonly LoadedRun[]): Promise<boolean> {
  try {
    await reconcile(commands, due)
    return true
  } catch (error) {
    if (error instanceof ContendedError) return false
    throw error
  }
}
