import { isDeepStrictEqual } from 'node:util'
import type { RunEvent } from '../../lifecycle/run/events.ts'
import type { Json, Run } from '../../lifecycle/run/run.ts'
import type { Actor } from '../../lifecycle/run/actor.ts'
import { canonicalJson } from '../../lifecycle/log/canonicalJson.ts'
import { evolve } from '../../lifecycle/log/evolve.ts'
import { removeRequest } from '../../lifecycle/log/keptRequest.ts'
import { removeContent as removeEventContent } from '../../lifecycle/log/removeContent.ts'
import {
  listRemovable,
  type RemovablePlace,
  type RetentionAges,
} from '../../store/run/retention/listRemovable.ts'
import { measureContent } from '../../store/run/retention/measureContent.ts'
import { listRequests, type RemainingEvent, removeContent } from '../../store/run/retention/removeContent.ts'
import { loadFullRun } from '../../store/run/loadFullRun.ts'
import { isTransientFault } from '../../store/sql/transientFaults.ts'
import { refuse, type ResultOf } from '../kit/answers.ts'
import { checkRole, reachOf } from '../kit/authorize.ts'
import { actorOf, type Caller, type Commands, ContendedError, SYSTEM } from '../kit/context.ts'
import { DECISION_FUNCTIONS } from '../kit/decisionFunctions.ts'

/** Which content to remove, and whether to. */
export interface RemoveContent {
  /** The age since settling, in seconds; null: the ages that the server is set to. */
  readonly olderThanSeconds: number | null
  /** Only of this project; null: of all that the caller sees. */
  readonly project: string | null
  /** True: only reports what would be removed. */
  readonly isDryRun: boolean
  /** Maximum number of runs. */
  readonly first: number
  readonly after: RemovablePlace | null
}

const OLDER_SERVERS =
  'An older server still works on this database, and knows nothing of removed content: nothing was removed. Try again when all are upgraded.'

/** What one project lost, or would lose. */
export interface RemovedOfProject {
  readonly project: string
  readonly runs: number
  readonly bytes: number
}

/** One portion of removed content. */
export interface ContentRemoved {
  readonly ok: true
  readonly isDryRun: boolean
  readonly projects: readonly RemovedOfProject[]
  /** Runs whose content could not be removed: `verifyRun` says what is wrong with their logs. */
  readonly failed: readonly string[]
  /** The last run of the portion; null if there was none. */
  readonly end: RemovablePlace | null
  readonly hasNextPage: boolean
  readonly isFirst: boolean
}

/**
 * Removes the content of settled runs beyond an age, a portion at a time; the runs and their logs stay (G6). Requires ADMIN. Answers with
 * Forbidden or InvalidInput.
 */
export async function removeContentOfRuns(
  commands: Commands,
  caller: Caller,
  input: RemoveContent,
): Promise<ResultOf<'removeContent', ContentRemoved>> {
  const denied = checkRole(caller, 'removeContent')
  if (denied) return denied
  const { olderThanSeconds, project, isDryRun, first, after } = input
  const ages = olderThanSeconds === null ? agesOf(commands) : { default: olderThanSeconds, projects: {} }
  if (!isSet(ages)) {
    const message = 'is needed: the server is set to keep content without a limit'
    return refuse({ type: 'InvalidInput', issues: [{ path: ['olderThanSeconds'], message }] })
  }
  const reach = reachOf(caller)
  const projects = project === null ? reach : reach === null || reach.includes(project) ? [project] : []
  return removePortion(commands, actorOf(caller), { ages, projects, after, limit: first }, isDryRun)
}

/** The ages that the server is set to. */
export function agesOf({ settings }: Pick<Commands, 'settings'>): RetentionAges {
  const { retentionSeconds, retentionSecondsByProject } = settings
  return { default: retentionSeconds ?? null, projects: retentionSecondsByProject }
}

/** True if content is removed anywhere. */
export function isSet({ default: seconds, projects }: RetentionAges): boolean {
  return seconds !== null || Object.keys(projects).length > 0
}

/**
 * Removes the next portion as the server is set to, after a place; in any number of servers, each run is done once.
 *
 * @param without runs that are left out, because their content could not be removed
 */
export function removeDueContent(
  commands: Commands,
  { after, limit }: { readonly after: RemovablePlace | null; readonly limit: number },
  without: ReadonlySet<string>,
): Promise<ContentRemoved> {
  return removePortion(
    commands,
    actorOf(SYSTEM),
    { ages: agesOf(commands), projects: null, after, limit },
    false,
    without,
  )
}

async function removePortion(
  commands: Commands,
  actor: Actor,
  { limit, ...which }: Parameters<typeof listRemovable>[1],
  isDryRun: boolean,
  without?: ReadonlySet<string>,
): Promise<ContentRemoved> {
  const { pool } = commands.store
  if (!isDryRun && commands.hasOlderServers()) throw new ContendedError(OLDER_SERVERS)
  const listed = await listRemovable(pool, { ...which, limit: limit + 1 })
  const page = listed.slice(0, limit)
  const failed: string[] = []
  const projects: RemovedOfProject[] = []
  for (const [project, ids] of groupByProject(page)) {
    const done: string[] = []
    const bytes = await measureContent(pool, ids)
    let kept = 0
    for (const id of isDryRun ? [] : ids) {
      if (without?.has(id)) continue
      const outcome = await removeOne(commands, id, actor).catch(failUnlessTransient)
      if (outcome === 'FAILED') failed.push(id)
      if (outcome === 'REMOVED') done.push(id)
    }
    if (!isDryRun) kept = await measureContent(pool, ids)
    const runs = isDryRun ? ids.length : done.length
    if (runs > 0) projects.push({ project, runs, bytes: Math.max(0, bytes - kept) })
  }
  const end = page.at(-1) ?? null
  const isFirst = which.after === null
  return { ok: true, isDryRun, projects, failed, end, hasNextPage: listed.length > limit, isFirst }
}

/** A run whose log can't be folded is one for `verifyRun`; a database that can't be reached is none. */
function failUnlessTransient(error: unknown): 'FAILED' {
  if (isTransientFault(error)) throw error
  return 'FAILED'
}

function groupByProject(page: readonly RemovablePlace[]): Map<string, string[]> {
  const groups = new Map<string, string[]>()
  for (const { project, runId } of page) groups.set(project, [...(groups.get(project) ?? []), runId])
  return groups
}

/** Removes the content of one run, unless it has changed since it was read. */
async function removeOne(
  { store, announce }: Commands,
  runId: string,
  actor: Actor,
): Promise<'REMOVED' | 'CHANGED'> {
  const whole = await loadFullRun(store.pool, store, runId)
  if (!whole) return 'CHANGED'
  const requests = await listRequests(store.pool, runId)
  const remaining = whole.events.map((event) => toRemaining(event, requests.get(event.seq) ?? null))
  let folded: Run | null = null
  for (const { event } of remaining) folded = evolve(folded, event, runId, whole.workflow)
  if (folded?.revision !== whole.run.revision) throw new Error(`the log of ${runId} is not whole`)
  const changed = remaining.filter(({ isChanged }) => isChanged)
  if (!(await removeContent(store.pool, folded, changed, actor))) return 'CHANGED'
  announce(runId)
  return 'REMOVED'
}

function toRemaining(event: RunEvent, request: Json): RemainingEvent & { readonly isChanged: boolean } {
  const { sha256 } = DECISION_FUNCTIONS
  const reduced = removeEventContent(event)
  return {
    event: reduced,
    request: request === null ? null : removeRequest(request, sha256),
    payloadSha256: sha256(canonicalJson(event.payload as Json)),
    isChanged: request !== null || !isDeepStrictEqual(reduced.payload, event.payload),
  }
}
