import pg from 'pg'

/** The driver's codes for a server that is unreachable, closed the connection, or has no capacity. */
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
/** Prisma's codes for the same. */
const PRISMA_CODES = /^P(1001|1002|1008|1017|2024)$/
const DEEPEST = 8

/** Why a database refuses a request that may succeed later. */
export type TransientFault = 'AWAY' | 'FULL' | 'READ_ONLY' | 'INTERRUPTED'

/** The message that callers get for each fault. */
export const TRANSIENT_FAULT_MESSAGES: Readonly<Record<TransientFault, string>> = {
  AWAY: 'The database can’t be reached at the moment. Ask again in a while.',
  FULL: 'The disk of the database is full: nothing can be written until there is room again. Ask again then.',
  READ_ONLY: 'The database takes no writes at the moment (it is read-only). Ask again in a while.',
  INTERRUPTED:
    'The database broke the statement off: it took too long, or met another one. Ask again in a while.',
}

/**
 * SQLSTATEs; the first match counts. 57P: shut down, crashed, starting, idle timeout; 53: out of connections, memory or
 * disk; 25P: transaction timeouts; 40 and 55P03: conflict with another statement.
 */
const STATES: readonly (readonly [RegExp, TransientFault])[] = [
  [/^53100$/, 'FULL'],
  [/^25006$/, 'READ_ONLY'],
  [/^(57014|55P03|25P0[34]|40001|40P01)$/, 'INTERRUPTED'],
  [/^(08|53|57P0[1-5])/, 'AWAY'],
]
/**
 * Faults without a SQLSTATE of their own: the system's messages for an exceeded quota and a read-only file system, and
 * the driver's timeout.
 */
const MESSAGES: readonly (readonly [RegExp, TransientFault])[] = [
  [/: (Disk quota exceeded|No space left on device)$/, 'FULL'],
  [/: Read-only file system$/, 'READ_ONLY'],
  [/^Query read timeout$/, 'INTERRUPTED'],
  [DRIVER_MESSAGES, 'AWAY'],
]

/** Why the database refused a request; undefined for an error that a retry would not resolve. */
export function findTransientFault(error: unknown, depth = 0): TransientFault | undefined {
  if (typeof error !== 'object' || error === null || depth > DEEPEST) return undefined
  const { code, originalCode, kind, message } = error as Partial<Record<string, unknown>>
  // Prisma's adapter passes on the database's own code in an object that is not an Error
  const isDatabases = error instanceof pg.DatabaseError || kind === 'postgres' || originalCode !== undefined
  const state = originalCode ?? code
  if (isDatabases && typeof state === 'string') {
    const known = STATES.find(([states]) => states.test(state))
    if (known) return known[1]
  } else if (typeof code === 'string' && (SOCKET_CODES.has(code) || PRISMA_CODES.test(code))) return 'AWAY'
  if (typeof message === 'string') {
    const known = MESSAGES.find(([words]) => words.test(message))
    if (known) return known[1]
  }
  for (const inner of innerErrors(error)) {
    const found = findTransientFault(inner, depth + 1)
    if (found) return found
  }
  return undefined
}

function innerErrors(error: object): readonly unknown[] {
  if (error instanceof AggregateError) return error.errors
  const { cause, originalError, meta, driverAdapterError } = error as Partial<Record<string, unknown>>
  return [cause, originalError, meta, driverAdapterError]
}

/** Whether the error is transient: the same request may succeed later. */
export function isTransientFault(error: unknown): boolean {
  return findTransientFault(error) !== undefined
}
