import { verifyLog } from '../../src/lifecycle/log/verify.ts'
import { loadFullRun, type FullRun } from '../../src/store/run/loadFullRun.ts'
import type { Store } from '../../src/store/sql/openStore.ts'

/** A stored run with all rows below it. */
export interface StoredRun extends FullRun {
  /** The texts of the entries of its sessions. */
  readonly transcripts: ReadonlyMap<string, readonly string[]>
}

/** Reads a run and verifies that it equals the fold of its log; null if it does not exist. Throws if it differs. */
export async function readStored(store: Store, runId: string): Promise<StoredRun | null> {
  const whole = await loadFullRun(store.pool, store, runId)
  if (!whole) return null
  const { differences } = verifyLog(whole.run, whole.events, whole.workflow)
  if (differences.length > 0) throw new Error(differences.map(({ detail }) => detail).join('; '))
  return { ...whole, transcripts: await readTranscripts(store, whole) }
}

async function readTranscripts({ pool }: Store, { run }: FullRun): Promise<Map<string, string[]>> {
  const transcripts = new Map<string, string[]>()
  if (run.sessions.length === 0) return transcripts
  const { rows } = await pool.query<{ session_id: string; text: string }>(
    'SELECT session_id, text FROM entry WHERE session_id = ANY($1) ORDER BY session_id, seq',
    [run.sessions.map(({ id }) => id)],
  )
  for (const { session_id, text } of rows)
    transcripts.set(session_id, [...(transcripts.get(session_id) ?? []), text])
  return transcripts
}
