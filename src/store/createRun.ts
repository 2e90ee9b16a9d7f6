import type { RunEvent } from '../lifecycle/events.ts'
import type { Instant, Run } from '../lifecycle/run.ts'
import { type Connection, type Prepared, run as send } from './openStore.ts'
import { type KeyToKeep, rowsBelow } from './rowsBelow.ts'
import { toRunJson } from './runRows.ts'
import { writeBelow } from './tablesBelow.ts'

const CREATE: Prepared = {
  name: 'create-run',
  text: `
WITH guard AS (
  INSERT INTO run SELECT * FROM jsonb_populate_record(NULL::run, $1::jsonb) RETURNING id
), ${writeBelow('$2')}
SELECT id FROM guard`,
}

/**
 * Writes a new run with its first events.
 * Throws the violation of `run_concurrency_key` or `event_idempotency_key` where somebody was first.
 */
export async function createRun(
  connection: Connection,
  run: Run,
  events: readonly RunEvent[],
  dueAt: Instant | null,
  key: KeyToKeep | null,
): Promise<void> {
  const below = JSON.stringify(rowsBelow(null, run, events, { key }))
  await send(connection, CREATE, [toRunJson(run, dueAt), below])
}
