import type { Bench } from '../bench.ts'
import { type Asker, openAsker } from './asker.ts'
import { seedHistory } from './seedHistory.ts'

/** Two databases: one with a short history, one with a long one. */
export interface Histories {
  readonly few: Asker
  readonly many: Asker
}

/** Runs in the smaller database. */
const FEW = 10_000

const opened = new WeakMap<Bench, Promise<Histories>>()

/** Fills both databases, once for all parts of the benchmark. */
export function openHistories(bench: Bench): Promise<Histories> {
  const known = opened.get(bench) ?? openBoth(bench)
  opened.set(bench, known)
  return known
}

async function openBoth(bench: Bench): Promise<Histories> {
  const few = await openOne(bench, Math.min(FEW, bench.options.runs / 2))
  const many = await openOne(bench, bench.options.runs)
  return { few, many }
}

async function openOne({ cluster, resources, tell }: Bench, runs: number): Promise<Asker> {
  tell(`filling a database with ${runs.toLocaleString('en')} runs`)
  const name = `bench_${runs}`
  const database = await cluster.createDatabase(name)
  // filling a table takes a minute; an interrupt must not wait for it
  const cancel = () =>
    void cluster.admin.query('SELECT pg_cancel_backend(pid) FROM pg_stat_activity WHERE datname = $1', [name])
  resources.signal.addEventListener('abort', cancel)
  try {
    const history = await seedHistory(database, runs)
    return await openAsker(resources, database, history)
  } catch (error) {
    resources.signal.throwIfAborted()
    throw error
  } finally {
    resources.signal.removeEventListener('abort', cancel)
  }
}
