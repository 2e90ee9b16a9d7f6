import { readClock } from '../store/clock.ts'
import type { Connection } from '../store/openStore.ts'

/** How long the database may take to prove that it is there, in milliseconds. */
const PROOF_MS = 2000
/** How long a proof stands, in milliseconds, so that asking costs the database nothing. */
const STANDS_MS = 1000

/** Asks the database for a sign of life, at most once a second however often it is asked. */
export function createDatabaseCheck(connection: Connection): () => Promise<boolean> {
  let last: { at: number; answer: Promise<boolean> } | undefined
  return () => {
    const now = performance.now()
    if (!last || now - last.at > STANDS_MS) last = { at: now, answer: probe(connection) }
    return last.answer
  }
}

async function probe(connection: Connection): Promise<boolean> {
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<boolean>((resolve) => (timer = setTimeout(() => resolve(false), PROOF_MS)))
  const reached = readClock(connection).then(
    () => true,
    () => false,
  )
  try {
    return await Promise.race([reached, late])
  } finally {
    clearTimeout(timer)
  }
}
