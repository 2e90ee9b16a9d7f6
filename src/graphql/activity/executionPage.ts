import type { Execution } from '../../lifecycle/run/run.ts'
import type { Outcome } from '../../lifecycle/run/enums.ts'
import { type ExecutionFilter, listExecutions } from '../../store/activity/execution/listExecutions.ts'
import { type PageRequest, toPage } from '../../store/sql/page.ts'
import { type Connection, toConnection } from '../kit/connection.ts'
import { type GraphContext } from '../request/context.ts'
import { visibilityOf } from '../request/visibility.ts'
import { encodePlace, EXECUTIONS } from '../kit/cursors.ts'
import { type ExecutionsShape, readOutcome } from './execution.ts'

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
  page: PageRequest,
): Promise<Connection<Execution>> {
  const connection = await context.reads.connection()
  const found = await listExecutions(connection, filter, visibilityOf(context.caller), page)
  return toConnection(found, cursorOf, (node) => node)
}

/**
 * Reads a page of the executions with certain outcomes. An outcome is not a column but derived by the current rule,
 * so executions are read in batches until the page is full or the limit is reached; in the latter case the page may
 * be short or empty, says so, and its cursor at the end of reading is where to continue.
 */
export async function scanExecutions(
  context: GraphContext,
  filter: ExecutionFilter,
  page: PageRequest,
  outcomes: readonly Outcome[],
): Promise<ExecutionsShape> {
  const { limit, fromEnd } = page
  const found: Execution[] = []
  let from = fromEnd ? page.before : page.after
  for (let read = 0; ; read += SCAN.batch) {
    const bounds = fromEnd ? { after: page.after, before: from } : { after: from, before: page.before }
    const batch = await readExecutions(context, filter, { limit: SCAN.batch, fromEnd, ...bounds })
    const inOrder = batch.edges.map(({ node }) => node)
    const nodes = fromEnd ? inOrder.toReversed() : inOrder
    const judged = await Promise.all(nodes.map((node) => readOutcome(node, null, context)))
    found.push(...nodes.filter((_, index) => outcomes.some((outcome) => outcome === judged[index])))
    const last = nodes.at(-1)
    const isOver = !last || !(fromEnd ? batch.pageInfo.hasPreviousPage : batch.pageInfo.hasNextPage)
    const isCut = !isOver && found.length <= limit && read + SCAN.batch >= SCAN.max
    if (last) from = { at: last.startedAt, id: last.id }
    if (found.length <= limit && !isOver && !isCut) continue
    const around = { hasBehind: page.after !== null, hasAhead: page.before !== null }
    const items = toPage(found.slice(0, limit + 1), page, around)
    const hasMore = found.length > limit || !isOver
    const shown = fromEnd
      ? { ...items, hasPrevious: hasMore || items.hasPrevious }
      : { ...items, hasNext: hasMore || items.hasNext }
    const connection = toConnection(shown, cursorOf, (node) => node)
    if (!isCut || !from) return connection
    const end = fromEnd
      ? { startCursor: encodePlace(EXECUTIONS, from) }
      : { endCursor: encodePlace(EXECUTIONS, from) }
    return { ...connection, pageInfo: { ...connection.pageInfo, ...end }, isCut }
  }
}
