import { gather } from '../sql/gather.ts'
import type { Store } from '../sql/openStore.ts'
import type { Connection } from '../sql/statement.ts'
import {
  applyDecision,
  applyDecisions,
  applyUnlessLocked,
  type Change,
  type NewRun,
  type Outcome,
} from './applyDecision.ts'
import { createRun } from './createRun.ts'
import { loadForDecision, loadForDecisions, type LoadedForDecision, type Lookup } from './loadForDecision.ts'
import { type LoadedForStart, loadForStarts, type StartLookup } from './loadForStart.ts'

/** Where a decision about a run is loaded from and written to. */
export interface RunAccess {
  /** Loads a run with everything that a decision about it depends on; null if it does not exist. */
  load(lookup: Lookup): Promise<LoadedForDecision | null>
  /** Applies a decision, as `applyDecision`. */
  apply(change: Change, above?: Change | null): Promise<boolean>
}

/** Loads and writes shared by all commands of this server that are under way. */
export interface RunBatches extends RunAccess {
  /** Loads what a start depends on. */
  loadForStart(lookup: StartLookup): Promise<LoadedForStart>
  /**
   * Creates a run that names no other run.
   *
   * @throws the violation of `run_concurrency_key` or `event_idempotency_key` if a concurrent creation came first
   */
  create(run: NewRun): Promise<void>
}

/** Maximum number of batches of a kind under way: one that the database works on, and one on its way. */
const MAX_UNDER_WAY = 2
/** Maximum number of runs loaded at once. */
const MAX_LOADS = 100
/** Maximum number of events written at once. */
const MAX_EVENTS = 500

/** Loads and writes on one connection, which may hold locks; nothing is shared. */
export function accessBy(connection: Connection, store: Store): RunAccess {
  return {
    load: (lookup) => loadForDecision(connection, store, lookup),
    apply: (change, above = null) => applyDecision(connection, change, above),
  }
}

/**
 * Opens the batches of a server. The first command of an idle server is sent at once; while batches are under way, what arrives is gathered
 * for the next one, so that many commands share round trips and commits. Each gets its own answer, as if it were alone.
 */
export function openRunBatches(store: Store): RunBatches {
  const { pool } = store
  const alone = accessBy(pool, store)
  const loading = { maxUnderWay: MAX_UNDER_WAY, maxWeight: MAX_LOADS }
  const load = gather({
    ...loading,
    perform: (lookups: readonly Lookup[]) => loadForDecisions(pool, store, lookups),
  })
  const loadForStart = gather({
    ...loading,
    perform: (lookups: readonly StartLookup[]) => loadForStarts(pool, store, lookups),
  })
  const write = gather({
    maxUnderWay: MAX_UNDER_WAY,
    maxWeight: MAX_EVENTS,
    perform: (decisions: readonly (Change | NewRun)[]) => writeAll(pool, decisions),
    weigh: ({ events }) => Math.max(1, events.length),
    groupOf: ({ after }) => after.project,
    claimsOf,
  })
  return {
    load,
    loadForStart,
    async apply(change, above = null) {
      // together with another run: that one's row may be locked by anyone
      if (above) return alone.apply(change, above)
      const outcome = await write(change)
      return outcome === 'LOCKED' ? alone.apply(change) : outcome === 'WRITTEN'
    },
    async create(run) {
      if ((await write(run)) === 'WRITTEN') return
      // tells what was taken
      await createAlone(pool, run)
    },
  }
}

/** Writes decisions in one statement; for a single one there are cheaper statements. Those that no longer hold are LOST. */
async function writeAll(
  connection: Connection,
  decisions: readonly (Change | NewRun)[],
): Promise<readonly Outcome[]> {
  const holding = decisions.filter(({ stillHolds }) => stillHolds?.() ?? true)
  const outcomes = await writeHolding(connection, holding)
  return decisions.map((decision) => outcomes[holding.indexOf(decision)] ?? 'LOST')
}

async function writeHolding(
  connection: Connection,
  decisions: readonly (Change | NewRun)[],
): Promise<readonly Outcome[]> {
  const [first, ...others] = decisions
  if (!first) return []
  if (others.length > 0) return applyDecisions(connection, decisions)
  if (first.before) return [await applyUnlessLocked(connection, first)]
  await createAlone(connection, first)
  return ['WRITTEN']
}

async function createAlone(connection: Connection, { after, events, dueAt, key }: NewRun): Promise<void> {
  await createRun(connection, after, events, { dueAt, key, continued: null, above: null })
}

/** What only one decision under way may have: its run, its idempotency keys, its concurrency key. */
function claimsOf({ after, before, key, earlierKeys }: Change | NewRun): string[] {
  const { id, project, concurrencyKey } = after
  const claims = [id]
  for (const { scope, operation, key: name } of [...(key ? [key] : []), ...(earlierKeys?.values() ?? [])])
    claims.push(JSON.stringify([scope, operation, name]))
  if (!before && concurrencyKey !== null) claims.push(JSON.stringify([project, concurrencyKey]))
  return claims
}
