import type pg from 'pg'

/** What of a table changes without anybody having changed anything: the hours at which somebody was there. */
const PASSING: Readonly<Record<string, readonly string[]>> = {
  token: ['last_used_at'],
  installation: ['tick_at', 'beat'],
}

/** What a database holds: for every table a number that is another one where a row came, went or was written. */
export type Fingerprint = Readonly<Record<string, string>>

/** Reads fingerprints of a database, of whatever tables it has. */
export async function openFingerprints(pool: pg.Pool): Promise<() => Promise<Fingerprint>> {
  const { rows } = await pool.query<{ name: string }>(
    `SELECT relname AS name FROM pg_class
     WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'p') AND relname <> '_prisma_migrations' ORDER BY relname`,
  )
  const marks = rows.map(({ name }) => {
    const passing = PASSING[name]
    // where a row lies and who wrote it tells every write, one that writes what was there before, too
    const mark = passing
      ? `(to_jsonb(t) - '{${passing.join()}}'::text[])::text`
      : `t.ctid::text || ' ' || t.xmin::text`
    return `'${name}', (SELECT count(*) || ' ' || coalesce(sum(hashtextextended(${mark}, 0)), 0) FROM "${name}" t)`
  })
  const text = `SELECT jsonb_build_object(${marks.join(', ')}) AS marks`
  return async () => {
    const [row] = (await pool.query<{ marks: Fingerprint }>({ name: 'fingerprint', text })).rows
    if (!row) throw new Error('a database without tables has no fingerprint')
    return row.marks
  }
}

/** The tables in which two fingerprints differ. */
export function changedTables(before: Fingerprint, after: Fingerprint): string[] {
  return Object.keys(after).filter((table) => before[table] !== after[table])
}
