import type DataLoader from 'dataloader'
import { reachOf } from '../../commands/kit/authorize.ts'
import type { Caller, Commands } from '../../commands/kit/context.ts'
import { applyDue } from '../../lifecycle/decide/due.ts'
import type { RunEvent } from '../../lifecycle/run/events.ts'
import type { Attempt, Execution, Instant, Phase } from '../../lifecycle/run/run.ts'
import { listAttempts } from '../../store/activity/listAttempts.ts'
import { type EventsRequest, listEvents } from '../../store/run/listEvents.ts'
import { listChildren, listRunsOfWorkspaces, type RunPage } from '../../store/run/listRunsOf.ts'
import { countTokens } from '../../store/account/countTokens.ts'
import { countProjects, type ProjectRuns } from '../../store/run/countProjects.ts'
import { countHeldRuns } from '../../store/run/countHeld.ts'
import { countChildren, countRunsOfWorkspaces } from '../../store/run/countRunsOf.ts'
import { findExecutions } from '../../store/activity/execution/findExecutions.ts'
import { listExecutionsOfRuns } from '../../store/activity/execution/listExecutionsOfRuns.ts'
import { findPhases, type OwnedPhase } from '../../store/activity/findPhases.ts'
import { listRounds, type RoundRequest } from '../../store/activity/listRounds.ts'
import { type LoadedRun, loadRuns } from '../../store/run/loadRun.ts'
import type { Connection } from '../../store/sql/statement.ts'
import type { Page } from '../../store/sql/page.ts'
import type { OwnedPageRequest } from '../../store/sql/ownedPages.ts'
import { prepareSnapshot } from '../../store/sql/readSnapshot.ts'
import type { StoredWorkflow } from '../../store/sql/workflowCache.ts'
import { visibilityOf } from './visibility.ts'
import { prepareLoaders } from './loaders.ts'
import { prepareWorkReads, type WorkReads } from './workReads.ts'
import { prepareWorkspaceReads, type WorkspaceReads } from './workspaceReads.ts'

/** The caller and its dependencies. */
interface Reader {
  readonly commands: Commands
  readonly caller: Caller
}

/**
 * The reads of one execution of an operation: everything once, in few statements, and at one snapshot if
 * `atOneMoment`.
 */
export interface Reads extends WorkReads, WorkspaceReads {
  /** True if all statements see one snapshot. */
  readonly atOneMoment: boolean
  /** Returns the connection to read through. */
  connection(): Promise<Connection>
  /** Runs by id; null for a missing run. */
  readonly run: DataLoader<string, LoadedRun | null>
  readonly execution: DataLoader<string, Execution | null>
  readonly phase: DataLoader<string, OwnedPhase | null>
  readonly workflow: DataLoader<string, StoredWorkflow | null>
  /** The attempts of a phase by its id. */
  readonly attempts: DataLoader<string, Attempt[]>
  readonly round: DataLoader<RoundRequest, Phase[], string>
  readonly events: DataLoader<EventsRequest, RunEvent[], string>
  readonly executions: DataLoader<OwnedPageRequest, Page<Execution>, string>
  /** Pages of a run's children that the caller may see. */
  readonly children: DataLoader<OwnedPageRequest, RunPage, string>
  /** Number of a run's children, by the run's id, that the caller may see. */
  readonly childCount: DataLoader<string, { readonly count: number } | null>
  /** Pages of the runs of a workspace that the caller may see. */
  readonly runsOfWorkspace: DataLoader<OwnedPageRequest, RunPage, string>
  /** Number of the runs of a workspace, by its id, that the caller may see. */
  readonly workspaceRunCount: DataLoader<string, { readonly count: number } | null>
  /** Number of the runs that a worker holds, by its id, that the caller may see. */
  readonly heldRunCount: DataLoader<string, { readonly count: number } | null>
  /** How the runs of a project are, by its name; it must be one that the caller may see. */
  readonly projectRuns: DataLoader<string, ProjectRuns | null>
  /** Number of the tokens that are limited to a project, by its name, that the caller may manage. */
  readonly projectTokenCount: DataLoader<string, { readonly count: number } | null>
  /** Caches a run that was read, or that a command returned, for later reads of the same execution. */
  note(loaded: LoadedRun): LoadedRun
  /** Clears the cache, because a mutation is about to change the data. */
  forget(): void
  /** Runs that were read and have due changes (G5). */
  readonly due: ReadonlyMap<string, LoadedRun>
  /** Ends the snapshot. Nothing may be read afterwards. */
  close(): Promise<void>
}

/**
 * Prepares the reads of one execution.
 *
 * @param atOneMoment true if more than one statement will be sent; they then share one snapshot
 */
export function prepareReads({ commands, caller }: Reader, atOneMoment: boolean): Reads {
  const { store, settings } = commands
  const snapshot = prepareSnapshot(store)
  const due = new Map<string, LoadedRun>()
  let moment: Instant | undefined

  async function connection(): Promise<Connection> {
    if (!atOneMoment) return store.pool
    const opened = await snapshot.open()
    moment = opened.now
    return opened.connection
  }

  const loaders = prepareLoaders(connection)
  const { byId, byOwner, inOrder } = loaders
  const sight = visibilityOf(caller)

  /** A run that was read at a snapshot is shown by the clock of that snapshot. */
  function observe(read: LoadedRun): LoadedRun {
    const loaded = moment === undefined ? read : { ...read, now: moment }
    if (applyDue(loaded.run, { ...loaded, settings }).events.length > 0) due.set(loaded.run.id, loaded)
    return loaded
  }

  const run = byId(
    async (from, ids) => (await loadRuns(from, store, ids)).map(observe),
    (loaded) => loaded.run.id,
  )
  return {
    atOneMoment,
    connection,
    run,
    execution: byId(findExecutions, ({ id }) => id),
    phase: byId(findPhases, ({ phase }) => phase.id),
    workflow: byId(
      (_, ids) => store.workflows.read(ids),
      ({ id }) => id,
    ),
    attempts: byOwner(listAttempts),
    round: inOrder(listRounds),
    events: inOrder(listEvents),
    executions: inOrder(listExecutionsOfRuns),
    children: inOrder((from, asked) => listChildren(from, store, asked, sight)),
    childCount: byId(
      (from, ids) => countChildren(from, ids, sight),
      ({ id }) => id,
    ),
    runsOfWorkspace: inOrder((from, asked) => listRunsOfWorkspaces(from, store, asked, sight)),
    workspaceRunCount: byId(
      (from, ids) => countRunsOfWorkspaces(from, ids, sight),
      ({ id }) => id,
    ),
    heldRunCount: byId(
      (from, ids) => countHeldRuns(from, ids, sight),
      ({ id }) => id,
    ),
    projectRuns: byId(countProjects, ({ project }) => project),
    projectTokenCount: byId(
      (from, projects) => countTokens(from, projects, reachOf(caller)),
      ({ project }) => project,
    ),
    ...prepareWorkReads(loaders),
    ...prepareWorkspaceReads(loaders),
    note(read) {
      const loaded = observe(read)
      run.clear(loaded.run.id).prime(loaded.run.id, loaded)
      return loaded
    },
    forget: () => loaders.clearAll(),
    due,
    close: () => snapshot.close(),
  }
}
