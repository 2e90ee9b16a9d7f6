import { checkRun } from '../../commands/kit/authorize.ts'
import { type Caller, type Commands, onlyRunOf } from '../../commands/kit/context.ts'
import type { Streams } from '../../events/streams.ts'
import type { LoadedRun } from '../../store/run/loadRun.ts'
import { failWith, throwRefused } from './errors.ts'
import type { Reads } from './reads.ts'

/** What the server provides to every operation, over HTTP and WebSocket. */
export interface RequestContext {
  readonly commands: Commands
  /** The authenticated caller. */
  readonly caller: Caller
  /** False for an AGENT token whose claim is over: its late mutations are answered, its reads are refused. */
  readonly isLive: boolean
  /** The streams that subscriptions read. */
  readonly streams: Streams
  /** Version of the server. */
  readonly version: string
}

/** The message for an AGENT token whose claim is over and that may not read any more. */
export const CLAIM_OVER = 'The claim that this token belongs to is over.'

/** The context of resolvers. */
export interface GraphContext extends RequestContext {
  readonly reads: Reads
}

/**
 * Returns the run if the caller may see it.
 *
 * @throws FORBIDDEN if it may not, and UNAUTHENTICATED for an AGENT token whose claim is over: its mutations are
 * answered, but do not show the run
 */
export function assertVisible<T extends LoadedRun | null>(loaded: T, { caller, isLive }: RequestContext): T {
  if (loaded && !isLive) throw failWith('UNAUTHENTICATED', CLAIM_OVER)
  if (loaded) throwRefused(checkRun(caller, loaded.run))
  return loaded
}

/** Returns the run with this id; null if it does not exist or the caller may not see it. */
export async function findVisible(runId: string | null, context: GraphContext): Promise<LoadedRun | null> {
  const loaded = runId === null ? null : await context.reads.run.load(runId)
  return loaded && !checkRun(context.caller, loaded.run) ? loaded : null
}

/**
 * Resolves the run of a dependent row.
 *
 * @throws FORBIDDEN if the caller may not see it
 */
export async function resolveRunOf(
  { runId }: { readonly runId: string },
  _: unknown,
  context: GraphContext,
): Promise<LoadedRun> {
  const loaded = assertVisible(await context.reads.run.load(runId), context)
  if (!loaded) throw new Error(`run ${runId} is gone, and what hung below it is shown`)
  return loaded
}

/**
 * Returns a run that was found outside the reads of this execution: unchanged, or read again at the snapshot if the
 * execution uses one, so that everything shown is consistent; null if it was deleted in between.
 */
export function atSnapshot(found: LoadedRun, context: GraphContext): LoadedRun | Promise<LoadedRun | null> {
  return context.reads.atOneMoment ? readVisible(found.run.id, context) : found
}

async function readVisible(runId: string, context: GraphContext): Promise<LoadedRun | null> {
  return assertVisible(await context.reads.run.load(runId), context)
}

/** @throws FORBIDDEN for a token that may see only one run: an agent's or a page's */
export function refuseLimitedToRun({ caller }: RequestContext): void {
  const only = onlyRunOf(caller)
  if (only !== null) throw failWith('FORBIDDEN', `This token sees ${only} and nothing else.`)
}
