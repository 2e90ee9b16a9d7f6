import type { EntryContent, EntryData } from '../../../lifecycle/activity/entries.ts'
import { column, json, nullable } from '../../sql/statement.ts'

/** One entry of a transcript. */
export interface Entry extends EntryContent {
  /** Its number in the transcript, from 1, without gaps. */
  readonly seq: number
  readonly at: Date
}

/** The columns of an entry in the answer of a statement. */
export const ENTRY_COLUMNS = {
  seq: column('entry', 'seq'),
  kind: column('entry', 'kind'),
  key: column('entry', 'key'),
  updates: column('entry', 'updates'),
  title: column('entry', 'title'),
  text: column('entry', 'text'),
  data: json<EntryData>(),
  at: column('entry', 'at'),
}

/** Those columns where no entry may be found. */
export const FOUND_COLUMNS = {
  ...ENTRY_COLUMNS,
  seq: nullable(ENTRY_COLUMNS.seq),
  kind: nullable(ENTRY_COLUMNS.kind),
  data: nullable(ENTRY_COLUMNS.data),
  at: nullable(ENTRY_COLUMNS.at),
}

const NAMES = Object.keys(ENTRY_COLUMNS)

/** SQL for the columns of an entry under an alias. */
export const entryColumns = (alias: string): string => NAMES.map((name) => `${alias}.${name}`).join(', ')

/** Maximum bytes in the entries of one page, not counting the entry that exceeds it. */
const PAGE_BYTES = 1_048_576

const SIZE = 'coalesce(octet_length(e.text), 0) + coalesce(octet_length(e.title), 0) + pg_column_size(e.data)'

/**
 * SQL for the entries of a session after a number: at most `limit`, and no more than a page holds.
 *
 * @param kinds the kinds as one text, separated by commas; null: all
 */
export const entries = (sessionId: string, after: string, limit: string, kinds = 'NULL'): string => `
  SELECT ${entryColumns('e')} FROM (
    SELECT e.*, sum(${SIZE}) OVER (ORDER BY e.seq) - (${SIZE}) AS before FROM (
      SELECT ${entryColumns('entry')} FROM entry WHERE session_id = ${sessionId} AND seq > ${after}
        AND (${kinds} IS NULL OR kind::text = ANY(string_to_array(${kinds}, ','))) ORDER BY seq LIMIT ${limit}
    ) e
  ) e WHERE e.before < ${PAGE_BYTES} ORDER BY seq`
