import type { Execution } from '../../lifecycle/run/run.ts'
import type { Outcome } from '../../lifecycle/run/enums.ts'
import { type ExecutionFilter, listExecutions } from '../../store/activity/execution/listExecutions.ts'
import type { Position } from '../../store/sql/page.ts'
import { type Connection, toConnection } from '../kit/connection.ts'
import { type GraphContext } from '../request/context.ts'
import { visibilityOf } from '../request/visibility.ts'
import { encodePlace, EXECUTIONS } from '../kit/cursors.ts'
import { readOutcome } from './execution.ts'

/** Executions read per batch and per page when filtering by outcome. */
const SCAN = { batch: 200, max: 2_000 } as const

/** Returns the cursor of an execution. */
export function cursorOf({ startedAt: at, id }: Execution): string {
  return encodePlace(EXECUTIONS, { at, id })
}

/** Reads a page of the executions that the caller may see, newest first. */
export async function readExecutions(
  context: GraphContext,
  filter: ExecutionFilter,
  page: { readonly limit: number; readonly after: Position | null },
): Promise<Connection<Execution>> {
  const asked = { ...page, fromEnd: false, before: null }
  const connection = await context.reads.connection()
  const found = await listExecutions(connection, filter, visibilityOf(context.caller), asked)
  return toConnection(found, cursorOf, (node) => node)
}

/**
 * Reads a page of the executions with certain outcomes. An outcome is not a column but derived by the current rule,
 * so executions are read in batches until the page is full or the limit is reached; in the latter case the page may
 * be short or empty, and its `endCursor` is where to continue.
 */
export async function scanExecutions(
  context: GraphContext,
  filter: ExecutionFilter,
  { limit, after }: { readonly limit: number; readonly after: Position | null },
  outcomes: readonly Outcome[],
): Promise<Connection<Execution>> {
  const found: Execution[] = []
  let from = after
  for (let read = 0; ; read += SCAN.batch) {
    const batch = await readExecutions(context, filter, { limit: SCAN.batch, after: from })
    const judged = batch.edges.map(({ node }) => readOutcome(node, null, context))
    for (const [index, outcome] of (await Promise.all(judged)).entries()) {
      const execution = batch.edges[index]?.node
      if (execution && outcome && outcomes.includes(outcome)) found.push(execution)
    }
    const last = batch.edges.at(-1)?.node
    const isOver = !batch.pageInfo.hasNextPage || !last
    const isCut = found.length <= limit && read + SCAN.batch >= SCAN.max
    if (last) from = { at: last.startedAt, id: last.id }
    if (found.length <= limit && !isOver && !isCut) continue
    const items = found.slice(0, limit)
    const hasNext = found.length > limit || !isOver
    const page = toConnection({ items, hasNext, hasPrevious: after !== null }, cursorOf, (node) => node)
    const endCursor = isCut && !isOver && from ? encodePlace(EXECUTIONS, from) : page.pageInfo.endCursor
    return { ...page, pageInfo: { ...page.pageInfo, endCursor } }
  }
}
