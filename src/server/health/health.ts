import { isDiskFull } from '../../database/kit/isDiskFull.ts'
import { canWrite } from '../../store/sql/canWrite.ts'
import { findTransientFault, type TransientFault } from '../../store/sql/transientFaults.ts'
import type { Connection } from '../../store/sql/openStore.ts'

/** How long the database may take to prove that it is there, in milliseconds. */
const PROBE_TIMEOUT_MS = 2000
/** How long a proof stands, in milliseconds, so that asking costs the database nothing. */
const CACHE_MS = 1000

const OBSTACLES: Readonly<Record<TransientFault, string>> = {
  AWAY: 'the database can’t be reached',
  FULL: 'the disk of the database is full',
  READ_ONLY: 'the database is read-only',
  INTERRUPTED: 'the database is too slow to answer',
}

/** What is looked at to tell whether the database can be worked with. */
export interface HealthOptions {
  readonly connection: Connection
  /** The folder that holds an embedded database; undefined for a given one, whose disk can't be looked at. */
  readonly folder: string | undefined
  /** What the last regular write met; undefined where it was written. */
  readonly lastWrite: () => TransientFault | undefined
}

/** Tells why the database can't be worked with, in a few words; asks it at most once a second however often it is asked. */
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
