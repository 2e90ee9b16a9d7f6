import { columnsOf, selectObject } from '../sql/columns.ts'
import type { Store } from '../sql/openStore.ts'
import { type Connection, json, moment, prepare, query } from '../sql/statement.ts'
import { SELECT_FULL_RUN } from '../rows/selectWork.ts'
import { type LoadedRun, toLoaded } from './loadRun.ts'
import { type RunEvent, parseEvent } from '../../lifecycle/run/events.ts'
import { LOADED_ROW } from '../rows/runRows.ts'

/** An event `e` as JSON, without the key of its command. */
const EVENT_JSON = selectObject(
  columnsOf('event', ['run_id', 'key_scope', 'operation', 'key', 'request', 'payload_sha256']),
  'e',
)

const LOAD_FULL = prepare({
  name: 'load-full-run',
  row: {
    ...LOADED_ROW,
    clock: moment,
    log: json<Parameters<typeof parseEvent>[0][]>(),
  },
  text: `
SELECT ${SELECT_FULL_RUN}, clock_timestamp() AS clock, (
  SELECT coalesce(jsonb_agg(${EVENT_JSON} ORDER BY e.seq), '[]')
  FROM event e WHERE e.run_id = r.id) AS log
FROM run r WHERE r.id = $1`,
})

/** A run with all of its work and its whole log, at one snapshot. */
export interface FullRun extends LoadedRun {
  readonly events: readonly RunEvent[]
}

/**
 * Loads a run completely; null if it does not exist.
 *
 * @throws if an event of its log cannot be parsed
 */
export async function loadFullRun(connection: Connection, store: Store, id: string): Promise<FullRun | null> {
  const [row] = await query(connection, LOAD_FULL, [id])
  if (!row) return null
  return { ...(await toLoaded(store, row)), events: row.log.map(parseEvent) }
}
