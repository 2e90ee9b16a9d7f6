import { type LoadedRun, CLOCK, toLoaded } from './loadRun.ts'
import type { KeptKey } from '../../lifecycle/log/draft.ts'
import type { Instant, Json } from '../../lifecycle/run/run.ts'
import type { Store } from '../sql/openStore.ts'
import { column, type Connection, json, moment, prepare, query, type RowOf } from '../sql/statement.ts'
import { selectPresent } from '../rows/selectWork.ts'
import { LOADED_ROW } from '../rows/runRows.ts'
import { KEPT_ROW, toKept } from './storedKey.ts'
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
 * PostgreSQL uses a generic plan only if plans for the actual values do not look much cheaper. A null parameter or a
 * short list makes them look so, and then every call is planned again, which takes twice as long as the query itself.
 * Hence the separate statements for null values and single values.
 */

const loadForDecisionBy = (name: string, named: string) =>
  prepare({
    name,
    row: {
      ...LOADED_ROW,
      clock: moment,
      tick_at: column('installation', 'tick_at'),
      finish_key: column('execution', 'finish_key'),
      finish_request: json<Json>(),
      ...KEPT_ROW,
    },
    text: `
SELECT ${selectPresent(named)}, ${CLOCK}, (SELECT i.tick_at FROM installation i),
  named.finish_key, named.finish_request,
  kept.run_id AS kept_run_id, kept.request AS kept_request, kept.seq AS kept_seq, kept.epoch AS kept_epoch,
  kept.type AS kept_type, kept.actor AS kept_actor, kept.actor_id AS kept_actor_id, kept.at AS kept_at, kept.payload AS kept_payload
FROM run r
LEFT JOIN execution named ON named.id = ${named}
LEFT JOIN event kept ON kept.key = $3 AND kept.operation = $2 AND kept.key_scope = coalesce($4, r.project)
WHERE r.id = $1`,
  })

const LOAD_FOR_DECISION = loadForDecisionBy('load-for-decision', 'NULL')

const LOAD_NAMED_FOR_DECISION = loadForDecisionBy('load-named-for-decision', '$5')

type DecisionRow = RowOf<(typeof LOAD_FOR_DECISION)['row']>

/** Loads a run with everything that a decision about it depends on; null if it does not exist. */
export async function loadForDecision(
  connection: Connection,
  store: Store,
  { runId, namedId, operation, key, scope }: Lookup,
): Promise<LoadedForDecision | null> {
  const values = [runId, operation, key, scope]
  const [row] =
    namedId === null
      ? await query(connection, LOAD_FOR_DECISION, values)
      : await query(connection, LOAD_NAMED_FOR_DECISION, [...values, namedId])
  if (!row) return null
  return {
    ...(await toLoaded(store, row)),
    tickAt: row.tick_at.getTime(),
    kept: toKept(row) ?? keptBesideTheLog(row, operation, key),
  }
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
