import { escapeIdentifier } from 'pg'
import type { ClientBase } from 'pg'

/** A table whose rows are exported and imported. */
export interface Table {
  readonly name: string
  /** The columns transferred: neither generated ones, nor transaction ids and addresses of databases, which have no meaning in another one. */
  readonly columns: readonly Column[]
  /** The columns of its primary key. */
  readonly key: readonly string[]
}

/** A column of a table. */
export interface Column {
  readonly name: string
  /** The type if it is a JSON type, for which the JSON null differs from SQL null. */
  readonly json: 'json' | 'jsonb' | null
}

interface TableRow extends Table {
  /**
   * Tables that must be filled first. Deferrable foreign keys are excluded: they are checked when the transaction ends.
   */
  readonly parents: readonly string[]
}

const listText = `
SELECT c.relname AS name,
  (SELECT coalesce(json_agg(json_build_object('name', a.attname,
      'json', CASE WHEN a.atttypid IN ('json'::regtype, 'jsonb'::regtype) THEN a.atttypid::regtype::text END)
    ORDER BY a.attnum), '[]')
  FROM pg_attribute a
  WHERE a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped AND a.attgenerated = ''
    AND a.atttypid <> 'xid8'::regtype AND (c.relname, a.attname) <> ('installation', 'cluster')) AS columns,
  (SELECT coalesce(json_agg(a.attname ORDER BY k.position), '[]')
  FROM pg_index i, unnest(i.indkey::int2[]) WITH ORDINALITY AS k (number, position), pg_attribute a
  WHERE i.indrelid = c.oid AND i.indisprimary AND a.attrelid = c.oid AND a.attnum = k.number) AS key,
  (SELECT coalesce(json_agg(DISTINCT p.relname), '[]')
  FROM pg_constraint f JOIN pg_class p ON p.oid = f.confrelid
  WHERE f.conrelid = c.oid AND f.contype = 'f' AND NOT f.condeferrable AND p.oid <> c.oid) AS parents
FROM pg_class c
WHERE c.relnamespace = 'public'::regnamespace AND c.relkind IN ('r', 'p') AND NOT c.relispartition
  AND c.relname <> '_prisma_migrations'
ORDER BY c.relname`

/** Every table of the schema except the migration history, parents before children. */
export async function listTables(client: ClientBase): Promise<Table[]> {
  const { rows } = await client.query<TableRow>(listText)
  const sorted = new Map<string, TableRow>()
  while (sorted.size < rows.length) {
    const ready = rows.filter(
      ({ name, parents }) => !sorted.has(name) && parents.every((parent) => sorted.has(parent)),
    )
    if (ready.length === 0)
      throw new Error('the foreign keys of the tables form a circle that is not deferred')
    for (const table of ready) sorted.set(table.name, table)
  }
  return [...sorted.values()].map(({ name, columns, key }) => ({ name, columns, key }))
}

/** The table's name as SQL. */
export function toSql({ name }: Table): string {
  return `public.${escapeIdentifier(name)}`
}
