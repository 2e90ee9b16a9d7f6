import type { EntryContent, EntryData } from '../../../lifecycle/activity/entries.ts'
import { column, json, nullable, type RowOf } from '../../sql/statement.ts'

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

/** The entry of a row; none where nothing was found. */
export function toEntry({ seq, kind, data, at, ...rest }: RowOf<typeof FOUND_COLUMNS>): Entry[] {
  return seq === null || kind === null || data === null || at === null
    ? []
    : [{ seq, kind, data, at, key: rest.key, updates: rest.updates, title: rest.title, text: rest.text }]
}

const NAMES = Object.keys(ENTRY_COLUMNS)

/** SQL for the columns of an entry under an alias. */
export const entryColumns = (alias: string): string => NAMES.map((name) => `${alias}.${name}`).join(', ')

/** Maximum bytes in the entries of one page, not counting the entry that exceeds it. */
const PAGE_BYTES = 1_048_576

const SIZE = 'coalesce(octet_length(e.text), 0) + coalesce(octet_length(e.title), 0) + pg_column_size(e.data)'

/**
 * SQL for entries that a condition selects: at most `limit`, and no more than a page holds. `found` is how many there
 * would be without the second bound.
 *
 * @param direction in which they are read and numbered
 */
export const entries = (condition: string, limit: string, direction: 'ASC' | 'DESC' = 'ASC'): string => `
  SELECT ${entryColumns('e')}, e.found FROM (
    SELECT e.*, sum(${SIZE}) OVER (ORDER BY e.seq ${direction}) - (${SIZE}) AS earlier, count(*) OVER ()::int AS found FROM (
      SELECT ${entryColumns('entry')} FROM entry WHERE ${condition} ORDER BY seq ${direction} LIMIT ${limit}
    ) e
  ) e WHERE e.earlier < ${PAGE_BYTES} ORDER BY seq ${direction}`
