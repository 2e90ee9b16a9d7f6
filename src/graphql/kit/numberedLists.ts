import { failWith } from '../request/errors.ts'
import { type PageArgs, readPageSize } from './connection.ts'
import { MAX_INT } from './input.ts'

/** Description of a list whose cursors are known to clients. */
export const NUMBERED = 'The cursor of an item is its `seq`, so that a stream and a page continue each other.'

/** Which part of a list that is numbered from 1, without gaps, is asked for. */
export interface NumberedPage {
  readonly limit: number
  /** True: the last items of the range; otherwise the first ones. */
  readonly fromEnd: boolean
  /** Only what has a higher number; 0: from the beginning. */
  readonly after: number
  /** Only what has a lower number; null: up to the end. */
  readonly before: number | null
}

/**
 * Reads which page of a numbered list is asked for.
 *
 * @throws BAD_USER_INPUT
 */
export function readNumberedPage(args: PageArgs): NumberedPage {
  const { after, before } = args
  return { ...readPageSize(args), after: readNumber(after) ?? 0, before: readNumber(before) }
}

function readNumber(cursor: string | null | undefined): number | null {
  if (cursor == null) return null
  const number = /^\d{1,10}$/.test(cursor) ? Number(cursor) : Infinity
  if (number <= MAX_INT) return number
  throw failWith('BAD_USER_INPUT', 'The cursor was not given out by this list: it is the `seq` of an item.')
}

/** Numbers after `after`, up to `upTo`, and whether the list has others on either side. */
interface NumberedRange {
  readonly after: number
  readonly upTo: number
  readonly hasPrevious: boolean
  readonly hasNext: boolean
}

/** The numbers on a page of a list that has the numbers 1 to `last`. */
export function rangeOf({ limit, fromEnd, after, before }: NumberedPage, last: number): NumberedRange {
  const start = Math.min(after, last)
  const end = Math.max(start, before === null ? last : Math.min(before - 1, last))
  const range = fromEnd
    ? { after: Math.max(start, end - limit), upTo: end }
    : { after: start, upTo: Math.min(end, start + limit) }
  return { ...range, hasPrevious: range.after > 0, hasNext: range.upTo < last }
}
