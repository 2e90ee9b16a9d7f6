import { createRunStore } from '@pawl/sdk'
import type { CallOptions, Pawl, Run, RunsFeedFilter, RunStore } from '@pawl/sdk'

/** Options for reading runs again. */
interface RereadOptions extends CallOptions {
  readonly filter?: RunsFeedFilter | undefined
}

/** How many runs are read per request. */
const PAGE = 100
/** The maximum pages per poll; runs beyond them changed too long ago. */
const POLL_PAGES = 10

/**
 * Reads all runs of the store again, and those created since, as if no change had been missed. Deleted runs are removed
 * from the store.
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

/** Reads the most recently active runs, back to the first page without news. */
export async function pollRuns(
  pawl: Pawl,
  store: RunStore,
  { filter, ...options }: RereadOptions,
): Promise<void> {
  const retry = { attempts: 1 }
  let after: string | undefined
  for (let page = 0; page < POLL_PAGES; page += 1) {
    const { nodes, pageInfo } = await pawl.runs.list({
      orderBy: { field: 'ACTIVITY', direction: 'DESC' },
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

/** A store of its own with these runs: how they are shown before the page's store has them. */
export function storeOf(runs: readonly Run[]): RunStore {
  const store = createRunStore()
  store.apply(runs)
  return store
}

/** The feed's change for a deleted run. */
export function toDeletion(runId: string) {
  return { __typename: 'RunsChange', kind: 'DELETED', runId, revision: 0, cursor: '', run: null } as const
}
