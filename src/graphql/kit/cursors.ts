import { z } from 'zod'
import type { PageRequest, Position } from '../../store/sql/page.ts'
import { failWith } from '../request/errors.ts'
import { type PageArgs, readPageSize } from './connection.ts'

/** The list names in cursors of what several fields and queries answer with. */
export const APPROVALS = 'approvals'
export const EXECUTIONS = 'executions'
export const ARTIFACTS = 'artifacts'

/** Encodes a cursor: opaque to clients, and valid only for the list that issued it. */
export function encodeCursor(list: string, place: readonly (string | number)[]): string {
  return Buffer.from(JSON.stringify([list, ...place])).toString('base64url')
}

/**
 * Decodes the place of a cursor.
 *
 * @throws BAD_USER_INPUT for a cursor that this list did not issue
 */
export function decodeCursor<Out>(list: string, cursor: string, schema: z.ZodType<Out>): Out {
  try {
    const [of, ...place] = JSON.parse(Buffer.from(cursor, 'base64url').toString()) as unknown[]
    if (of === list) return schema.parse(place)
  } catch {
    // in any case, it is not a cursor of this list
  }
  throw failWith('BAD_USER_INPUT', 'The cursor was not given out by this list.')
}

/** Range of the times that PostgreSQL and JavaScript format alike, in milliseconds. */
const FIRST_TIME = Date.parse('0001-01-01T00:00:00Z')
const LAST_TIME = Date.parse('9999-12-31T23:59:59Z')

const placeSchema = z.tuple([
  z.int().min(FIRST_TIME).max(LAST_TIME),
  z.string().regex(/^[a-z]{3}_[0-9a-z]{26}$/),
])

/** Encodes a cursor of a list that is ordered by time. */
export function encodePlace(list: string, { at, id }: Position): string {
  return encodeCursor(list, [at, id])
}

/**
 * Reads which page of a list that is ordered by time is asked for.
 *
 * @throws BAD_USER_INPUT
 */
export function readPage(list: string, args: PageArgs): PageRequest {
  const { after, before } = args
  return { ...readPageSize(args), after: decodePlace(list, after), before: decodePlace(list, before) }
}

/** Decodes the place in a list that is ordered by time; null for no cursor. */
export function decodePlace(list: string, cursor: string | null | undefined): Position | null {
  if (cursor == null) return null
  const [at, id] = decodeCursor(list, cursor, placeSchema)
  return { at, id }
}
