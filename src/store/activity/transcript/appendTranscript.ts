import type { EntryContent } from '../../../lifecycle/activity/entries.ts'
import { collectUsages } from '../../../lifecycle/activity/usage.ts'
import { insertInto } from '../../sql/columns.ts'
import { column, type Connection, int, prepare, query } from '../../sql/statement.ts'

/** The columns of a usage that an update of it may give anew. */
const TOLD = [
  'execution_id',
  'phase_id',
  'round',
  'model',
  'provider',
  'input_tokens',
  'cached_tokens',
  'output_tokens',
  'reasoning_tokens',
  'cost_micros',
  'currency',
  'duration_ms',
] as const

/**
 * One guarded statement, without an event or a revision. It locks the session's row while it checks the fence and the
 * cursor, so that a superseded holder cannot append. It locks the run's row first, because a decision changes the run
 * before its sessions: the opposite order could deadlock. To a run whose content was removed nothing is appended. Entries that already exist are skipped. What entries tell of usage is
 * written with them, once as they are: a usage of which no entry is new changes nothing.
 */
const APPEND = prepare({
  name: 'append-transcript',
  row: {
    fence: column('session', 'fence'),
    next: int,
  },
  text: `
WITH owning AS MATERIALIZED (
  SELECT r.id FROM run r WHERE r.id = (SELECT run_id FROM session WHERE id = $1) AND r.content_removed_at IS NULL FOR NO KEY UPDATE
), held AS MATERIALIZED (
  SELECT s.id, s.run_id, s.fence, s.next_entry FROM owning JOIN session s ON s.run_id = owning.id
  WHERE s.id = $1 FOR UPDATE OF s
), fresh AS (
  SELECT held.id, $3::int + e.place::int - 1 AS seq, e.kind, e.key, e.updates, e.title, e.text, e.data
  FROM held, ROWS FROM (
    jsonb_to_recordset($4::jsonb) AS (kind entry_kind, key text, updates text, title text, text text, data jsonb)
  ) WITH ORDINALITY AS e(kind, key, updates, title, text, data, place)
  WHERE held.fence = $2 AND $3::int <= held.next_entry AND $3::int + e.place::int - 1 >= held.next_entry
), added AS (
  ${insertInto('entry', {
    session_id: 'id',
    seq: 'seq',
    kind: 'kind',
    key: 'key',
    updates: 'updates',
    title: 'title',
    text: 'text',
    data: 'data',
    at: 'clock_timestamp()',
  })} FROM fresh RETURNING seq
), used AS (
  ${insertInto('usage', {
    session_id: 'held.id',
    key: 'u.key',
    seq: '$3::int + u.place - 1',
    run_id: 'held.run_id',
    execution_id: 'x.id',
    phase_id: 'p.id',
    round: 'p.round',
    model: 'u.model',
    provider: 'u.provider',
    input_tokens: 'u."inputTokens"',
    cached_tokens: 'u."cachedTokens"',
    output_tokens: 'u."outputTokens"',
    reasoning_tokens: 'u."reasoningTokens"',
    cost_micros: 'u."costMicros"',
    currency: 'u.currency',
    duration_ms: 'u."durationMs"',
    at: 'clock_timestamp()',
  })}
  FROM held CROSS JOIN jsonb_to_recordset($5::jsonb) AS u(key text, place int, "executionId" text, "phaseId" text, model text,
    provider text, "inputTokens" int, "cachedTokens" int, "outputTokens" int, "reasoningTokens" int, "costMicros" float8,
    currency text, "durationMs" int)
  LEFT JOIN execution x ON x.id = u."executionId" AND x.run_id = held.run_id
  LEFT JOIN phase p ON p.id = coalesce(u."phaseId", x.phase_id) AND p.run_id = held.run_id
  WHERE held.fence = $2 AND $3::int <= held.next_entry AND $3::int + u.place - 1 >= held.next_entry
  ON CONFLICT (session_id, key) DO UPDATE SET seq = excluded.seq,
    ${TOLD.map((name) => `${name} = coalesce(excluded.${name}, usage.${name})`).join(', ')}
), moved AS (
  UPDATE session s SET next_entry = held.next_entry + (SELECT count(*) FROM fresh)
  FROM held WHERE s.id = held.id AND EXISTS (SELECT FROM fresh)
), active AS (
  UPDATE run r SET last_activity_at = greatest(r.last_activity_at, clock_timestamp())
  FROM held WHERE r.id = held.run_id AND r.settled_at IS NULL AND EXISTS (SELECT FROM fresh)
)
SELECT held.fence, held.next_entry + (SELECT count(*) FROM added)::int AS next FROM held`,
})

/** The state of a transcript after an append: the session's fence and the number of its next entry. */
export interface Appended {
  readonly fence: number
  readonly nextSeq: number
}

/**
 * Appends entries starting at a number. Entries appended before are ignored; after a gap, or with another fence, nothing
 * is appended. Returns null if the session does not exist, or its run's content was removed.
 */
export async function appendTranscript(
  connection: Connection,
  sessionId: string,
  fence: number,
  fromSeq: number,
  entries: readonly EntryContent[],
): Promise<Appended | null> {
  const [row] = await query(connection, APPEND, [
    sessionId,
    fence,
    fromSeq,
    JSON.stringify(entries),
    JSON.stringify(collectUsages(entries, fromSeq)),
  ])
  return row ? { fence: row.fence, nextSeq: row.next } : null
}
