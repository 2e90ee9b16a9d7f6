import { removeContentOfRuns } from '../../src/commands/run/removeContent.ts'
import { transact } from '../../src/store/sql/openStore.ts'
import type { Bench } from '../bench.ts'
import type { BenchDatabase } from '../benchCluster.ts'
import { type Asker, openAsker } from '../history/asker.ts'
import type { Figure } from '../results.ts'
import { spread } from '../statistics.ts'

/** Entries of each run's transcript, and their text, in characters. */
const ENTRIES = 200
const TEXT = 400
/** Entries that are appended at once. */
const PAGE = 100
const NAME = 'bench_retention'
/** Runs per round, for each of so many in the larger database of other parts. */
const SHARE = 1_000

/**
 * Measures what the removal of content costs for each run: as it is built, and where transcripts were in partitions of their own, which are
 * dropped instead of deleted. Partitions by the time of settling would also have every run's transcript moved when it settles.
 */
export async function measureRetention(bench: Bench): Promise<Figure[]> {
  const { options, cluster, tell } = bench
  const count = Math.max(20, Math.round(options.runs / SHARE))
  const database = await cluster.createDatabase(NAME)
  // filling a table takes a while; an interrupt must not wait for it
  const cancel = () =>
    void cluster.admin.query('SELECT pg_cancel_backend(pid) FROM pg_stat_activity WHERE datname = $1', [NAME])
  bench.resources.signal.addEventListener('abort', cancel)
  const asker = await openAsker(bench.resources, database, NO_HISTORY)
  const measured = new Map<string, number[]>()
  const note = (what: string, value: number) =>
    measured.set(what, [...(measured.get(what) ?? []), value / count])
  for (let round = 0; round < options.rounds; round++) {
    bench.resources.signal.throwIfAborted()
    tell(`removing the content of ${count.toLocaleString('en')} runs, round ${round + 1}`)
    for (const way of ['deleted', 'dropped'] as const) {
      const project = `${way}-${round}`
      await fill(asker, project, count)
      if (way === 'dropped') {
        note('moving a transcript to its partition', await time(() => movePart(database, project)))
        note('dropping a partition', await time(() => dropPart(database)))
      }
      const wal = await cluster.readWalBytes()
      note(`removing the content, transcripts ${way}`, await time(() => removeAll(asker, project)))
      note(`WAL of removing, transcripts ${way}`, ((await cluster.readWalBytes()) - wal) / 1024)
      note(`vacuum after, transcripts ${way}`, await time(() => vacuum(database)))
    }
  }
  return [...measured].map(([what, values]) => ({
    kind: 'figure',
    what: `${what}, for each run`,
    unit: what.startsWith('WAL') ? 'KiB' : 'ms',
    value: spread(values),
  }))
}

const NO_HISTORY = { runs: 0, events: 0, firstTransaction: 0n, transactions: 0n }
const TABLES = ['run', 'event', 'phase', 'phase_attempt', 'session', 'entry'] as const

async function time(work: () => Promise<unknown>): Promise<number> {
  const begun = performance.now()
  await work()
  return performance.now() - begun
}

/** Copies of one failed run with a long transcript: every id of theirs gets a beginning of its own. */
async function fill(asker: Asker, project: string, count: number): Promise<void> {
  const { store } = asker.database
  const { id, sessionId } = await makeOne(asker, project)
  await transact(store, async (connection) => {
    await connection.query('SET LOCAL session_replication_role = replica')
    const begin = `(SELECT coalesce(max(substring(id FROM 5 FOR 10)) FILTER (WHERE id LIKE 'run_0000%'), '0')::int FROM run)`
    const { rows } = await connection.query<{ first: number }>(`SELECT ${begin} AS first`)
    for (const table of TABLES) {
      const which = table === 'run' ? 'id' : table === 'entry' ? 'session_id' : 'run_id'
      await connection.query(
        `INSERT INTO ${table} SELECT (jsonb_populate_record(NULL::${table},
           regexp_replace(to_jsonb(t)::text, '"(run|phs|ses)_[0-9a-z]{10}', '"\\1_' || lpad(n::text, 10, '0'), 'g')::jsonb)).*
         FROM ${table} t, generate_series($2::int + 1, $2::int + $3::int) n WHERE t.${which} = $1`,
        [table === 'entry' ? sessionId : id, rows[0]?.first ?? 0, count - 1],
      )
    }
  })
  await vacuum(asker.database)
}

const MUTATIONS = {
  startRun:
    'mutation ($input: StartRunInput!) { startRun(input: $input) { ... on StartRunSuccess { run { id } } } }',
  openSession:
    'mutation ($input: OpenSessionInput!) { openSession(input: $input) { ... on OpenSessionSuccess { session { id } } } }',
  appendTranscript:
    'mutation ($input: AppendTranscriptInput!) { appendTranscript(input: $input) { ... on AppendTranscriptSuccess { nextSeq } } }',
  startPhase:
    'mutation ($input: StartPhaseInput!) { startPhase(input: $input) { ... on StartPhaseSuccess { run { id } } } }',
  failRun:
    'mutation ($input: FailRunInput!) { failRun(input: $input) { ... on FailRunSuccess { run { id } } } }',
}

/** One run with a transcript, which failed. */
async function makeOne(asker: Asker, project: string): Promise<{ id: string; sessionId: string }> {
  const send = async <Data>(name: keyof typeof MUTATIONS, input: object): Promise<Data> =>
    (await asker.read<Record<string, Data>>(MUTATIONS[name], { input }))[name] as Data
  const { run } = await send<{ run: { id: string } }>('startRun', {
    workflow: 'bench',
    project,
    input: { task: 'x'.repeat(TEXT) },
    claim: { owner: 'bench', leaseSeconds: 3_600 },
  })
  const held = { runId: run.id, fence: 1 }
  await send('startPhase', { ...held, phase: 'plan' })
  const { session } = await send<{ session: { id: string } }>('openSession', {
    ...held,
    role: 'agent',
    adapter: 'bench',
  })
  for (let fromSeq = 1; fromSeq <= ENTRIES; fromSeq += PAGE) {
    const entries = Array.from({ length: PAGE }, (_, place) => ({
      message: { text: `${fromSeq + place} `.repeat(TEXT / 4).slice(0, TEXT) },
    }))
    await send('appendTranscript', { sessionId: session.id, fence: 1, fromSeq, entries })
  }
  await send('failRun', { ...held, error: 'it did not work' })
  return { id: run.id, sessionId: session.id }
}

/** As a partition by the time of settling would have it: the rows move when the run settles. */
async function movePart({ store }: BenchDatabase, project: string): Promise<void> {
  await store.pool.query('CREATE TABLE entry_part (LIKE entry INCLUDING ALL)')
  await store.pool.query(
    `WITH moved AS (
       DELETE FROM entry e USING session s, run r
       WHERE s.id = e.session_id AND r.id = s.run_id AND r.project = $1 RETURNING e.*
     ) INSERT INTO entry_part SELECT * FROM moved`,
    [project],
  )
}

async function dropPart({ store }: BenchDatabase): Promise<void> {
  await store.pool.query('DROP TABLE entry_part')
}

async function removeAll({ commands, caller }: Asker, project: string): Promise<void> {
  for (let hasMore = true; hasMore;) {
    const which = { olderThanSeconds: 0, project, isDryRun: false, first: 500, after: null }
    const removed = await removeContentOfRuns(commands, caller, which)
    if (!removed.ok || removed.failed.length > 0) throw new Error('content could not be removed')
    hasMore = removed.hasNextPage
  }
}

async function vacuum({ store }: BenchDatabase): Promise<void> {
  await store.pool.query(`VACUUM (ANALYZE) ${TABLES.join(', ')}`)
}
