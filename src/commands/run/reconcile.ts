import { applyDue } from '../../lifecycle/decide/due.ts'
import type { LoadedRun } from '../../store/run/loadRun.ts'
import type { Commands } from '../kit/context.ts'
import { sweepRun } from './changeRun.ts'

/**
 * Reconcile-on-read (G5): applies due changes to the given runs and returns all of them after that, in the given
 * order. A reader never sees a run with a lost owner as RUNNING, unless its lapse can't be written now: then the run
 * is returned unchanged and stays due, so that one run never fails a list.
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
