import type { Pool } from 'pg'
import type { Pawl } from '../../sdk/index.ts'
import type { Acknowledged, Ledger } from './ledger.ts'

interface StoredRun {
  readonly id: string
  readonly revision: number
  readonly fence: number
  readonly owner: string | null
  readonly expiresAt: Date
}

interface StoredEvent {
  readonly key: string
  readonly operation: string
  readonly runId: string
  readonly seq: number
}

/** What a ledger is compared with. */
export interface Stored {
  readonly runs: ReadonlyMap<string, StoredRun>
  /** By idempotency key. */
  readonly events: ReadonlyMap<string, readonly StoredEvent[]>
}

/** Reads what the database holds, past every server. */
export async function readStored(pool: Pool): Promise<Stored> {
  const runs = await pool.query<StoredRun>(
    'SELECT id, revision, fence, lease_owner AS owner, lease_expires_at AS "expiresAt" FROM run',
  )
  const keyed = await pool.query<StoredEvent>(
    'SELECT key, operation, run_id AS "runId", seq FROM event WHERE key IS NOT NULL',
  )
  const events = new Map<string, StoredEvent[]>()
  for (const event of keyed.rows) events.set(event.key, [...(events.get(event.key) ?? []), event])
  return { runs: new Map(runs.rows.map((run) => [run.id, run])), events }
}

/** The acknowledged mutations of runs that have not been deleted since. */
export function listKept({ acknowledged, deleted }: Ledger): Acknowledged[] {
  return acknowledged.filter(({ runId }) => !deleted.has(runId))
}

/** Acknowledged mutations that are not in the database exactly once, and what is there although it was refused or deleted (G1, G7, G10). */
export function findUntrue(ledger: Ledger, { runs, events }: Stored): string[] {
  const lost = listKept(ledger).filter(({ key, operation, runId, revision }) => {
    const logged = events.get(key) ?? []
    const [event] = logged
    const isThere = event?.operation === operation && event.runId === runId && event.seq <= revision
    return logged.length !== 1 || !isThere || (runs.get(runId)?.revision ?? 0) < revision
  })
  return [
    ...lost.map(({ operation, runId, key }) => `${operation} of ${runId} was acknowledged: ${key}`),
    ...ledger.refused.filter((key) => events.has(key)).map((key) => `refused, but there: ${key}`),
    ...[...ledger.deleted].filter((id) => runs.has(id)).map((id) => `deleted, but there: ${id}`),
  ]
}

/** The promised leases that are still on their run's row. */
export function listHeld(ledger: Ledger, { runs }: Stored): { runId: string; isShorter: boolean }[] {
  return [...ledger.promised.values()].flatMap(({ runId, fence, expiresAt }) => {
    const run = runs.get(runId)
    if (run?.owner == null || run.fence !== fence) return []
    return { runId, isShorter: run.expiresAt.getTime() < Date.parse(expiresAt) }
  })
}

/** Everything that `pawl doctor` finds in all runs, and how many it has checked. */
export async function askDoctor(pawl: Pawl): Promise<{ violations: unknown[]; checked: number }> {
  const violations: unknown[] = []
  let checked = 0
  for (let after: string | undefined; ;) {
    const report = await pawl.doctor({ first: 200, ...(after !== undefined && { after }) })
    violations.push(...report.violations)
    checked += report.runsChecked
    if (!report.pageInfo.hasNextPage) return { violations, checked }
    after = report.pageInfo.endCursor ?? ''
  }
}
