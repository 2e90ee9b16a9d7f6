import type { OwnedPageRequest } from '../../store/sql/ownedPages.ts'
import type { Page } from '../../store/sql/page.ts'
import { type Connection, type PageArgs, toConnection } from './connection.ts'
import { encodePlace, readPage } from './cursors.ts'

/**
 * Reads which page of the rows that belong to another is asked for.
 *
 * @throws BAD_USER_INPUT
 */
export function readOwnedPage(list: string, ownerId: string, args: PageArgs): OwnedPageRequest {
  return { ownerId, ...readPage(list, args) }
}

/** Converts a page of rows that are ordered by time to a connection of nodes. */
export function connectRows<Row extends { readonly id: string }, Node>(
  list: string,
  page: Page<Row>,
  timeOf: (row: Row) => number,
  nodeOf: (row: Row) => Node,
): Connection<Node> {
  return toConnection(page, (row) => encodePlace(list, { at: timeOf(row), id: row.id }), nodeOf)
}
