import { Prisma } from '../generated/client.ts'
import type { Page, PageOrder, PageRequest } from '../sql/page.ts'
import { readPage } from '../sql/readPage.ts'
import type { Connection } from '../sql/statement.ts'
import { COLUMNS, type StoredToken, TOKEN_ROW } from './tokens.ts'

const order: PageOrder = { column: Prisma.sql`t.created_at`, id: Prisma.sql`t.id`, newestFirst: true }

/**
 * Lists the tokens that were not revoked, newest first, including expired ones.
 *
 * @param projects only those that are limited to some of these projects; null: all
 */
export function listTokens(
  connection: Connection,
  projects: readonly string[] | null,
  page: PageRequest,
): Promise<Page<StoredToken>> {
  const within =
    projects === null
      ? Prisma.sql`true`
      : Prisma.sql`t.projects <> '{}' AND t.projects <@ ${projects}::text[]`
  const from = Prisma.sql`FROM token t JOIN principal p ON p.id = t.principal_id WHERE t.revoked_at IS NULL AND ${within}`
  return readPage(connection, order, page, from, { shown: COLUMNS, row: TOKEN_ROW })
}
