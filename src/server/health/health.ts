import { isDiskFull } from '../../database/kit/isDiskFull.ts'
import { canWrite } from '../../store/sql/canWrite.ts'
import { findTransientFault, type TransientFault } from '../../store/sql/transientFaults.ts'
import type { Connection } from '../../store/sql/statement.ts'

/** Timeout of the database check, in milliseconds. */
const PROBE_TIMEOUT_MS = 2000
/** How long the result of a check is reused, in milliseconds. */
const CACHE_MS = 1000

const OBSTACLES: Readonly<Record<TransientFault, string>> = {
  AWAY: 'the database can’t be reached',
  FULL: 'the disk of the database is full',
  READ_ONLY: 'the database is read-only',
  INTERRUPTED: 'the database is too slow to answer',
}

/** The values that the database check reads. */
export interface HealthOptions {
  readonly connection: Connection
  /** The folder of the embedded database; undefined for another one, whose disk can't be checked. */
  readonly folder: string | undefined
  /** The fault of the server's last regular write; undefined if it succeeded. */
  readonly lastWrite: () => TransientFault | undefined
}

/** Returns why the database can't be used, in a few words, or undefined. Queries it at most once a second. */
export function createDatabaseCheck(options: HealthOptions): () => Promise<string | undefined> {
  let last: { at: number; answer: Promise<string | undefined> } | undefined
  return () => {
    const now = performance.now()
    if (!last || now - last.at > CACHE_MS) last = { at: now, answer: checkDatabase(options) }
    return last.answer
  }
}

async function checkDatabase({ connection, folder, lastWrite }: HealthOptions): Promise<string | undefined> {
  const [isFull, found] = await Promise.all([folder !== undefined && isDiskFull(folder), probe(connection)])
  const hindrance = isFull ? 'FULL' : (found ?? lastWrite())
  return hindrance && OBSTACLES[hindrance]
}

async function probe(connection: Connection): Promise<TransientFault | undefined> {
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<TransientFault>(
    (resolve) => (timer = setTimeout(() => resolve('AWAY'), PROBE_TIMEOUT_MS)),
  )
  const reached = canWrite(connection).then(
    (can): TransientFault | undefined => (can ? undefined : 'READ_ONLY'),
    (error: unknown) => findTransientFault(error) ?? 'AWAY',
  )
  try {
    return await Promise.race([reached, late])
  } finally {
    clearTimeout(timer)
  }
}
