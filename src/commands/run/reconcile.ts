import { applyDue } from '../../lifecycle/decide/due.ts'
import type { LoadedRun } from '../../store/run/loadRun.ts'
import type { Commands } from '../kit/context.ts'
import { sweepRun } from './changeRun.ts'

/**
 * Reconcile-on-read (G5): moves on those of the runs read for which something is due, and returns all of them as they
 * are then, in the order given. A reader never sees a lost owner as RUNNING, but where its lapse can't be written now: such
 * a run is shown as it stands, and stays due, so that one run never spoils a list.
 */
export async function reconcile(commands: Commands, runs: readonly LoadedRun[]): Promise<LoadedRun[]> {
  const present: LoadedRun[] = []
  for (const loaded of runs) {
    const isDue = applyDue(loaded.run, { ...loaded, settings: commands.settings }).events.length > 0
    const answer = isDue ? await sweepRun(commands, loaded.run.id).catch(() => undefined) : undefined
    present.push(answer?.ok ? answer.run : loaded)
  }
  return present
}
