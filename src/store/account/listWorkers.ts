import { Prisma } from '../generated/client.ts'
import type { Page, PageOrder, PageRequest } from '../sql/page.ts'
import { readPage } from '../sql/readPage.ts'
import { type Connection, prepare, query } from '../sql/statement.ts'
import { type StoredWorker, WORKER_COLUMNS, WORKER_ROW } from './workers.ts'

const order: PageOrder = { column: Prisma.sql`w.created_at`, id: Prisma.sql`w.id`, newestFirst: true }

/**
 * Lists the workers that are known, the one first heard last first.
 *
 * @param projects only those that claim runs of some of these projects; null: all
 */
export function listWorkers(
  connection: Connection,
  projects: readonly string[] | null,
  page: PageRequest,
): Promise<Page<StoredWorker>> {
  const within =
    projects === null
      ? Prisma.sql`true`
      : Prisma.sql`(w.projects = '{}' OR w.projects && ${projects}::text[])`
  const from = Prisma.sql`FROM worker w WHERE ${within}`
  return readPage(connection, order, page, from, { shown: WORKER_COLUMNS, row: WORKER_ROW })
}

const FIND = prepare({
  name: 'find-worker',
  row: WORKER_ROW,
  text: `SELECT ${WORKER_COLUMNS} FROM worker w WHERE w.id = $1`,
})

/** Finds a worker by its id; null if it is unknown, or forgotten. */
export async function findWorker(connection: Connection, id: string): Promise<StoredWorker | null> {
  const [row] = await query(connection, FIND, [id])
  return row ?? null
}
