import { checkRun } from '../../commands/kit/authorize.ts'
import type { Caller, Commands } from '../../commands/kit/context.ts'
import type { Streams } from '../../events/streams.ts'
import type { LoadedRun } from '../../store/run/loadRun.ts'
import { failWith, throwRefused } from './errors.ts'
import type { Reads } from './reads.ts'

/** What the server gives to every operation, over HTTP as over a socket. */
export interface RequestContext {
  readonly commands: Commands
  /** Who asks. */
  readonly caller: Caller
  /** False for an AGENT token whose claim is over: its late mutations are answered, its reads are not. */
  readonly isLive: boolean
  /** What subscriptions read with. */
  readonly streams: Streams
  /** Version of the server. */
  readonly version: string
}

/** What an AGENT token is told that is shown nothing any more. */
export const CLAIM_OVER = 'The claim that this token belongs to is over.'

/** What resolvers work with. */
export interface GraphContext extends RequestContext {
  readonly reads: Reads
}

/**
 * The run, where the caller may see it. Throws FORBIDDEN where it may not, and UNAUTHENTICATED for an AGENT token whose claim is
 * over: a mutation of it is answered, and shows nothing of the run.
 */
export function assertVisible<T extends LoadedRun | null>(loaded: T, { caller, isLive }: RequestContext): T {
  if (loaded && !isLive) throw failWith('UNAUTHENTICATED', CLAIM_OVER)
  if (loaded) throwRefused(checkRun(caller, loaded.run))
  return loaded
}

/** The run with this id; null where there is none, or the caller may not see it. */
export async function findVisible(runId: string | null, context: GraphContext): Promise<LoadedRun | null> {
  const loaded = runId === null ? null : await context.reads.run.load(runId)
  return loaded && !checkRun(context.caller, loaded.run) ? loaded : null
}

/** The run that something hangs below. Throws FORBIDDEN where the caller may not see it. */
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
 * A run that was found beside the reads of this execution: as it was found, or read anew where more is read with it, so that all
 * is of one moment; null where it was deleted meanwhile.
 */
export async function atSnapshot(found: LoadedRun, context: GraphContext): Promise<LoadedRun | null> {
  const { reads } = context
  return reads.atOneMoment ? assertVisible(await reads.run.load(found.run.id), context) : found
}

/** Throws FORBIDDEN for an AGENT, which sees its own run and nothing else. */
export function refuseAgents({ caller }: RequestContext): void {
  if (caller.agent) throw failWith('FORBIDDEN', `This token sees ${caller.agent.runId} and nothing else.`)
}
