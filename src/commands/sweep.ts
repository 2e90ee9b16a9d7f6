import { applyDue, nextDueAt } from '../lifecycle/decide/due.ts'
import { PRESENCE } from '../lifecycle/run/presence.ts'
import type { Run } from '../lifecycle/run/run.ts'
import { endSilentExecutions } from '../store/activity/execution/endSilentExecutions.ts'
import { deferDue } from '../store/run/due/deferDue.ts'
import { findDue } from '../store/run/due/findDue.ts'
import { type LoadedRun, loadRuns } from '../store/run/loadRun.ts'
import { findPendingFamilyUpdates } from '../store/run/family/findPendingFamilyUpdates.ts'
import { forgetWorkers } from '../store/account/forgetWorkers.ts'
import { tick } from '../store/account/tick.ts'
import type { ResultOf } from './kit/answers.ts'
import { checkRole, reachOf } from './kit/authorize.ts'
import { sweepRun } from './run/changeRun.ts'
import type { Caller, Commands } from './kit/context.ts'
import { closeChild, notifyParent } from './run/relatives.ts'
import { sweepWorkspaces } from './workspace/sweepWorkspaces.ts'

/** The runs changed by a sweep, or by a dry run those it would change. */
export interface Swept {
  readonly ok: true
  /** Runs that lost their owner, whose grace period ended, or that reached a time limit. */
  readonly lapsed: readonly string[]
  /** Runs that expired. */
  readonly expired: readonly string[]
  readonly isDryRun: boolean
}

/** Maximum number of runs per sweep; the next sweep follows within seconds. */
const SWEEP_LIMIT = 1000
/** When to check a run again that turned out not to be due yet, in milliseconds. */
const LOOK_AGAIN_MS = 60_000

/**
 * Applies due changes to every run within the caller's projects (G5); due changes elsewhere are neither applied nor
 * reported. Requires ADMIN. Answers with Forbidden.
 */
export async function sweep(
  commands: Commands,
  caller: Caller,
  dryRun: boolean,
): Promise<ResultOf<'sweep', Swept>> {
  return checkRole(caller, 'sweep') ?? sweepDue(commands, { dryRun, projects: reachOf(caller) })
}

/** Options of a sweep. */
interface SweepOptions {
  readonly dryRun?: boolean
  /** Null: every project, including pending updates between parents and children and due changes of workspaces. */
  readonly projects?: readonly string[] | null
}

/**
 * The server's periodic sweep, every few seconds: each run is a separate decision, so concurrent sweeps of several
 * servers do not block each other.
 */
export async function sweepDue(
  commands: Commands,
  { dryRun = false, projects = null }: SweepOptions = {},
): Promise<Swept> {
  const { store } = commands
  await tick(store.pool)
  const ids = await findDue(store.pool, SWEEP_LIMIT, projects)
  const lapsed: string[] = []
  const expired: string[] = []
  const failures: unknown[] = []
  for (const before of await loadRuns(store.pool, store, ids)) {
    try {
      const moved = dryRun ? preview(commands, before) : await sweepOne(commands, before)
      if (moved) (moved.status === 'EXPIRED' ? expired : lapsed).push(moved.id)
    } catch (error) {
      // one run that can't be changed must not block the others
      failures.push(error)
    }
  }
  if (!dryRun && projects === null) {
    await finishRelatives(commands, failures)
    await sweepWorkspaces(commands, failures)
    await forgetWorkers(store.pool, PRESENCE.forgetSeconds, SWEEP_LIMIT)
    await endSilentExecutions(store.pool, commands.settings.orphanAfterSeconds, SWEEP_LIMIT)
  }
  if (failures.length > 0) throw new AggregateError(failures, `${failures.length} could not be swept`)
  return { ok: true, lapsed: lapsed.toSorted(), expired: expired.toSorted(), isDryRun: dryRun }
}

/** Finishes updates between parents and children that a server crash left pending. */
async function finishRelatives(commands: Commands, failures: unknown[]): Promise<void> {
  const { store } = commands
  for (const { id, close } of await findPendingFamilyUpdates(store.pool, SWEEP_LIMIT)) {
    try {
      if (close) await closeChild(commands, id)
      else for (const { run } of await loadRuns(store.pool, store, [id])) await notifyParent(commands, run)
    } catch (error) {
      failures.push(error)
    }
  }
}

/** Returns the run as a sweep would leave it; null if nothing is due. */
function preview({ settings }: Commands, before: LoadedRun): Run | null {
  const { run, events } = applyDue(before.run, { ...before, settings })
  return events.length > 0 ? run : null
}

/** Applies a run's due changes; returns null if nothing was due any more, or another server was first. */
async function sweepOne(commands: Commands, before: LoadedRun): Promise<Run | null> {
  const answer = await sweepRun(commands, before.run.id)
  if (!answer.ok) return null
  const { run, workflow, now } = answer.run
  if (run.revision === before.run.revision && run.settledAt === null) {
    const ahead = nextDueAt(run, workflow, commands.settings, now) ?? Number.POSITIVE_INFINITY
    await deferDue(commands.store.pool, run.id, run.revision, Math.min(ahead, now + LOOK_AGAIN_MS))
  }
  return answer.event ? run : null
}
