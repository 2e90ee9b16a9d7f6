import type { CallOptions, Pawl, Run, RunsFeedFilter, RunStore } from '@pawl/sdk'

/** How runs are read again. */
interface RereadOptions extends CallOptions {
  readonly filter?: RunsFeedFilter | undefined
}

/** How many runs are asked for at once. */
const PAGE = 100
/** How many pages a poll reads at most: what lies behind them has changed too long ago. */
const POLL_PAGES = 10

/**
 * Reads everything that the store holds again, and what is new since: as good as if every change had come by. What is gone is
 * removed from the store.
 */
export async function refetchRuns(
  pawl: Pawl,
  store: RunStore,
  { filter, ...options }: RereadOptions,
): Promise<void> {
  const held = store.all().map(({ id }) => id)
  const known = new Set(held)
  let after: string | undefined
  do {
    const { nodes, pageInfo } = await pawl.runs.list({ filter, first: PAGE, after, ...options })
    store.apply(nodes)
    const isAllNew = nodes.every(({ id }) => !known.has(id))
    after = isAllNew && known.size > 0 && pageInfo.hasNextPage ? (pageInfo.endCursor ?? undefined) : undefined
  } while (after !== undefined)
  for (let from = 0; from < held.length; from += PAGE) {
    const ids = held.slice(from, from + PAGE)
    const runs = await pawl.runs.getMany(ids, options)
    store.apply(runs.map((run, index) => run ?? toDeletion(ids[index] ?? '')))
  }
}

/** Reads what was active last, back to where nothing is news. */
export async function pollRuns(
  pawl: Pawl,
  store: RunStore,
  { filter, ...options }: RereadOptions,
): Promise<void> {
  const retry = { attempts: 1 }
  let after: string | undefined
  for (let page = 0; page < POLL_PAGES; page += 1) {
    const { nodes, pageInfo } = await pawl.runs.list({
      orderBy: 'ACTIVITY_DESC',
      filter,
      first: PAGE,
      after,
      retry,
      ...options,
    })
    const hasNews = nodes.some((run) => isNews(store, run))
    store.apply(nodes)
    if (!hasNews || !pageInfo.hasNextPage || pageInfo.endCursor === null) return
    after = pageInfo.endCursor
  }
}

function isNews(store: RunStore, { id, revision }: Run): boolean {
  const known = store.get(id)
  return !known || known.revision < revision
}

/** What the feed says of a run that is gone. */
export function toDeletion(runId: string) {
  return { __typename: 'RunsChange', kind: 'DELETED', runId, revision: 0, cursor: '', run: null } as const
}
