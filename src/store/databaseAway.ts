import pg from 'pg'

/** What the driver says when the other side is not there, went away, or has no room. */
const SOCKET_CODES = new Set([
  'ECONNREFUSED',
  'ECONNRESET',
  'ECONNABORTED',
  'EPIPE',
  'ENOENT',
  'ETIMEDOUT',
  'ENOTFOUND',
  'EAI_AGAIN',
  'EHOSTUNREACH',
  'ENETUNREACH',
])
const DRIVER_MESSAGES =
  /^(Connection terminated|timeout exceeded when trying to connect|Client has encountered a connection error)/
/** Shut down, crashed, starting, out of connections or of memory; classes of SQLSTATE and single ones. */
const SERVER_STATES = /^(08|53|57P0[1-5])/
/** Prisma's codes for the same. */
const PRISMA_CODES = /^P(1001|1002|1008|1017|2024)$/
const DEEPEST = 8

/** True for an error that says the database can't be reached at the moment: the same request may succeed later. */
export function isDatabaseAway(error: unknown, depth = 0): boolean {
  if (!(error instanceof Error) || depth > DEEPEST) return false
  const { code, originalError } = error as { code?: unknown; originalError?: unknown }
  if (error instanceof pg.DatabaseError) return SERVER_STATES.test(error.code ?? '')
  if (typeof code === 'string' && (SOCKET_CODES.has(code) || PRISMA_CODES.test(code))) return true
  if (DRIVER_MESSAGES.test(error.message)) return true
  if (error instanceof AggregateError) return error.errors.some((inner) => isDatabaseAway(inner, depth + 1))
  return isDatabaseAway(error.cause, depth + 1) || isDatabaseAway(originalError, depth + 1)
}
