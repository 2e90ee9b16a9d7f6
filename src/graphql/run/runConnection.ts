import type { LoadedRun } from '../../store/run/loadRun.ts'
import type { RunPage } from '../../store/run/listRunsOf.ts'
import { type Connection, connectionOf, toConnection } from '../kit/connection.ts'
import { encodePlace } from '../kit/cursors.ts'
import { COUNTED } from '../../store/run/countRuns.ts'
import type { GraphContext } from '../request/context.ts'
import { RunRef } from '../kit/refs.ts'
import type { Reads } from '../request/reads.ts'
import { statementCost } from '../request/statementCost.ts'

/** A page of runs, their total count, and the cursor from which their feed continues. */
export interface RunsShape extends Connection<LoadedRun> {
  readonly feedCursor: string
  /** Null if there are more than the count's limit. */
  readonly count: (context: GraphContext) => Promise<number | null>
}

export const RunConnection = connectionOf<LoadedRun, RunsShape>('Run', RunRef, (t) => ({
  totalCount: t.int({
    nullable: true,
    description: `How many runs match, on all pages; null where more than ${COUNTED.toLocaleString('en')} do. Counted only where it is asked for.`,
    extensions: statementCost(1),
    resolve: ({ count }, _, context) => count(context),
  }),
  feedCursor: t.exposeString('feedCursor', {
    description: 'The cursor from which `runsChanged` continues without a gap.',
  }),
}))

/** Converts a page of the runs that belong to something to a connection. */
export function connectRuns(
  list: string,
  page: RunPage,
  reads: Reads,
  count: () => Promise<number>,
): RunsShape {
  const connection = toConnection(
    page,
    ({ run }) => encodePlace(list, { at: run.createdAt, id: run.id }),
    (loaded) => reads.note(loaded),
  )
  return { ...connection, feedCursor: page.feedCursor, count }
}
