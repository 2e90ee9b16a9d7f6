import { type LoadedRun, CLOCK, toLoaded } from './loadRun.ts'
import type { KeptKey } from '../../lifecycle/log/draft.ts'
import type { Instant, Json } from '../../lifecycle/run/run.ts'
import type { Store } from '../sql/openStore.ts'
import { column, type Connection, int, json, moment, prepare, query, type RowOf } from '../sql/statement.ts'
import { selectPresent } from '../rows/selectWork.ts'
import { LOADED_ROW } from '../rows/runRows.ts'
import { KEPT_ROW, selectKept, toKept } from './storedKey.ts'
import { readReleaseKey } from '../rows/releaseKey.ts'

/** A run loaded for a decision. */
export interface LoadedForDecision extends LoadedRun {
  readonly kept: KeptKey | null
  /** When a server last recorded its heartbeat. */
  readonly tickAt: Instant
}

/** Which run to load for a decision, and what else the decision depends on. */
export interface Lookup {
  readonly runId: string
  /** An execution, session, approval or message to load even if it has ended. */
  readonly namedId: string | null
  readonly operation: string
  readonly key: string | null
  /** The scope of the key; null: the run's project. */
  readonly scope: string | null
}

/*
 * PostgreSQL uses a generic plan only if plans for the actual values do not look much cheaper, and otherwise plans every call again,
 * which takes longer than the query itself. Hence one JSON parameter, whose number of rows it can't know, with a limit that it takes
 * for ten; each LIMIT 1 makes it look up one row by its index, whatever it believes of the table.
 */
const LOAD_FOR_DECISION = prepare({
  name: 'load-for-decision',
  row: {
    place: int,
    ...LOADED_ROW,
    clock: moment,
    tick_at: column('installation', 'tick_at'),
    finish_key: column('execution', 'finish_key'),
    finish_request: json<Json>(),
    ...KEPT_ROW,
  },
  text: `
SELECT l.place, ${selectPresent('l.named_id')}, ${CLOCK}, (SELECT i.tick_at FROM installation i),
  named.finish_key, named.finish_request, kept.*
FROM (
  SELECT * FROM jsonb_to_recordset($1::jsonb) AS l(place int, run_id text, named_id text, operation text, key text, scope text)
  LIMIT (SELECT jsonb_array_length($1::jsonb))
) l
CROSS JOIN LATERAL (SELECT * FROM run WHERE id = l.run_id LIMIT 1) r
LEFT JOIN LATERAL (SELECT finish_key, finish_request FROM execution WHERE id = l.named_id LIMIT 1) named ON true
LEFT JOIN LATERAL (${selectKept({ scope: 'coalesce(l.scope, r.project)', operation: 'l.operation', key: 'l.key' })}) kept ON true`,
})

type DecisionRow = RowOf<(typeof LOAD_FOR_DECISION)['row']>

/** Loads a run with everything that a decision about it depends on; null if it does not exist. */
export async function loadForDecision(
  connection: Connection,
  store: Store,
  lookup: Lookup,
): Promise<LoadedForDecision | null> {
  const [loaded = null] = await loadForDecisions(connection, store, [lookup])
  return loaded
}

/** Loads what several decisions depend on in one statement, in the order of the lookups. */
export async function loadForDecisions(
  connection: Connection,
  store: Store,
  lookups: readonly Lookup[],
): Promise<(LoadedForDecision | null)[]> {
  const asked = lookups.map(({ runId, namedId, operation, key, scope }, place) => {
    return { place, run_id: runId, named_id: namedId, operation, key, scope }
  })
  const rows = await query(connection, LOAD_FOR_DECISION, [JSON.stringify(asked)])
  const found = new Map(rows.map((row) => [row.place, row]))
  return Promise.all(
    lookups.map(async ({ operation, key }, place) => {
      const row = found.get(place)
      if (!row) return null
      return {
        ...(await toLoaded(store, row)),
        tickAt: row.tick_at.getTime(),
        kept: toKept(row) ?? keptBesideTheLog(row, operation, key),
      }
    }),
  )
}

/** Facts reported after settling leave no event; their keys are stored on the rows they changed. */
function keptBesideTheLog(row: DecisionRow, operation: string, key: string | null): KeptKey | null {
  if (key === null) return null
  if (operation === 'finishExecution' && row.finish_key === key)
    return { runId: row.id, request: row.finish_request, event: null }
  const released = operation === 'releaseRun' ? readReleaseKey(row.release_key) : null
  if (released?.key === key)
    return { runId: row.id, request: { runId: row.id, fence: released.fence }, event: null }
  return null
}
