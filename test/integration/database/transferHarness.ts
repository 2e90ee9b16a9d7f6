import { removeContentOfRuns } from '../../../src/commands/run/removeContent.ts'
import { createHash, randomUUID } from 'node:crypto'
import { Readable, Writable } from 'node:stream'
import { fileURLToPath } from 'node:url'
import { gunzipSync, gzipSync } from 'node:zlib'
import type { PoolConfig } from 'pg'
import { inject, onTestFinished } from 'vitest'
import { startExecution, finishExecution } from '../../../src/commands/activity/executions.ts'
import { deleteRun } from '../../../src/commands/run/deleteRun.ts'
import { submitArtifact } from '../../../src/commands/activity/artifacts.ts'
import { sendMessage } from '../../../src/commands/activity/messages.ts'
import { runCommands } from '../../../src/commands/run/runCommands.ts'
import { appendTranscript, openSession } from '../../../src/commands/activity/sessions.ts'
import { recordWorkspace } from '../../../src/commands/workspace/recordWorkspace.ts'
import { createToken, revokeToken } from '../../../src/commands/account/tokens.ts'
import { announceWorker } from '../../../src/commands/account/workers.ts'
import { issued } from '../../support/issued.ts'
import {
  requestWorkspaceOperation,
  startWorkspaceOperation,
} from '../../../src/commands/workspace/workspaceOperations.ts'
import { exportDatabase } from '../../../src/database/exportDatabase.ts'
import type { RowCounts } from '../../../src/database/exportDatabase.ts'
import { importDatabase } from '../../../src/database/importDatabase.ts'
import type { Database } from '../../../src/database/openDatabase.ts'
import { readExport } from '../../../src/database/transfer/readExport.ts'
import { transact } from '../../../src/store/sql/openStore.ts'
import type { TestCommands } from '../../support/commands.ts'
import { accepted, begin, type ReachableStatus, runIn } from '../../support/runs.ts'
import { query } from './databaseHarness.ts'
import type { EntryContent } from '../../../src/lifecycle/activity/entries.ts'
import { toContents } from '../../support/entries.ts'

const { startPhase } = runCommands

export const migrationsDir = fileURLToPath(new URL('../../../prisma/migrations', import.meta.url))

const STATUSES: readonly ReachableStatus[] = [
  'QUEUED',
  'RUNNING',
  'PAUSED',
  'CANCELLING',
  'CANCELLED',
  'FAILED',
  'COMPLETED',
  'EXPIRED',
]

/** Text that a careless format would stumble on. */
/** What an agent used, as an entry. */
const USED: EntryContent = {
  kind: 'USAGE',
  key: null,
  updates: null,
  title: null,
  text: '',
  data: {
    usage: {
      ...{ model: 'a-model', provider: null, currency: 'USD', costMicros: 12_500 },
      ...{ inputTokens: 1_000, cachedTokens: 200, outputTokens: 50, reasoningTokens: null },
      ...{ durationMs: 900, executionId: null, phaseId: null },
    },
  },
}

const ODD = 'a "quote", a \\ and }}, a\nline, \u2028 and \u0001, späße 🦔'

/** Fills a database with one of everything, and returns the secrets of two tokens: a good and a revoked one. */
export async function fillDatabase(source: TestCommands): Promise<{ good: string; revoked: string }> {
  const { commands, callers, store } = source
  for (const status of STATUSES)
    await runIn(source, status, {
      title: ODD,
      labels: ['a', 'b "c"', ''],
      input: { odd: ODD, list: [null, 1.5] },
    })
  const { id: runId } = await runIn(source, 'RUNNING', { concurrencyKey: 'one', idempotencyKey: 'key' })
  for (const of of [{ runId, fence: 1 }, {}]) {
    const started = await startExecution(commands, callers.worker, {
      ...of,
      command: 'agent',
      idempotencyKey: `x${of.fence}`,
    })
    if (!started.ok) throw new Error(started.problem.message)
    if (of.fence) continue
    await finishExecution(commands, callers.worker, { executionId: started.execution.id, exitCode: 1 })
  }
  await waitForApproval(source)
  await useWorkspace(source)
  const agents = [{ role: ODD, adapter: 'process', program: null, version: null }]
  const said = { instance: 'one', name: ODD, host: 'anvil', program: null, problem: null, concurrency: 1 }
  await announceWorker(commands, callers.worker, {
    ...{ ...said, state: 'READY', workflows: ['a'], labels: [], project: null, agents },
  })
  await runIn(source, 'FAILED', { project: 'emptied', input: { odd: ODD } })
  const removal = { olderThanSeconds: 0, project: 'emptied', isDryRun: false, first: 1, after: null }
  await removeContentOfRuns(commands, callers.admin, removal)
  const { id: gone } = await runIn(source, 'CANCELLED')
  await deleteRun(commands, callers.operator, { runId: gone, idempotencyKey: 'delete' })
  // numbers that no JavaScript number holds, and a JSON null, which is no SQL null
  const precise = '{"number": 12345678901234567890.123456789012345678901}'
  await store.pool.query('UPDATE tombstone SET request = $1', ['null'])
  await store.pool.query('UPDATE execution SET start_request = $1 WHERE run_id IS NULL', [precise])
  const secrets = []
  for (const name of ['good', 'revoked']) {
    const created = await createToken(commands, callers.admin, {
      principal: { name },
      role: 'WORKER',
      projects: ['a', 'b'],
      expiresInSeconds: null,
    })
    const { token, secret } = issued(created)
    if (name === 'revoked') await revokeToken(commands, callers.admin, token.id)
    secrets.push(secret)
  }
  const [good = '', revoked = ''] = secrets
  return { good, revoked }
}

/** A run with a session, a message, a file, and a question about it. */
async function waitForApproval(source: TestCommands): Promise<void> {
  const { commands, callers } = source
  const { id: runId } = await runIn(source, 'RUNNING', { workflow: 'gated', input: { odd: ODD } })
  const driving = { runId, phase: 'plan', fence: 1 }
  accepted(await startPhase(commands, callers.worker, driving))
  const opened = await openSession(commands, callers.worker, {
    ...driving,
    role: 'writer',
    adapter: 'scripted',
  })
  if (!opened.ok || !opened.row) throw new Error('no session')
  const entries = [...toContents(ODD, ''), USED]
  const transcript = { sessionId: opened.row.id, fence: 1, fromSeq: 1, entries }
  await appendTranscript(commands, callers.worker, transcript)
  await sendMessage(commands, callers.operator, { runId, text: ODD })
  await submitArtifact(commands, callers.worker, { ...driving, path: 'plan.md', content: ODD })
}

/** A run with a workspace that a worker is at. */
async function useWorkspace(source: TestCommands): Promise<void> {
  const { commands, callers } = source
  const { id: runId } = await runIn(source, 'RUNNING')
  const recorded = await recordWorkspace(commands, callers.worker, {
    ...{ runId, fence: 1, host: ODD, kind: 'WORKTREE', path: '/trees/a' },
    ...{ repository: '/repository', branch: 'pawl/a', baseCommit: 'c0ffee', idempotencyKey: 'record' },
  })
  if (!recorded.ok) throw new Error(recorded.problem.message)
  const { id: workspaceId } = recorded.workspace.workspace
  for (const kind of ['DIFF', 'START_PREVIEW'] as const) {
    const requested = await requestWorkspaceOperation(commands, callers.operator, { workspaceId, kind })
    if (!requested.ok) throw new Error(requested.problem.message)
    const { id: operationId } = requested.operation
    await startWorkspaceOperation(commands, callers.worker, { operationId, worker: ODD })
  }
}

/** Begins a run that is told by nothing but a number of events, each with a kilobyte of payload; it can't be verified. */
export async function addLongRun(source: TestCommands, events: number): Promise<void> {
  const { id } = await begin(source)
  await transact(source.store, async (connection) => {
    await connection.query(
      `INSERT INTO event (run_id, seq, epoch, type, actor, at, payload)
       SELECT id, seq, 1, 'run.paused', 'somebody', now(), jsonb_build_object('filler', repeat(md5(seq::text), 32))
       FROM run, generate_series(revision + 1, $2::int) AS seq WHERE id = $1`,
      [id, events],
    )
    await connection.query('UPDATE run SET revision = $2 WHERE id = $1', [id, events])
  })
}

/** A complete export of a database. */
export async function exportAll(
  poolConfig: PoolConfig,
  gzip = false,
  migrations = migrationsDir,
): Promise<{ file: Buffer; rows: RowCounts }> {
  const chunks: Buffer[] = []
  const output = new Writable({
    write(chunk: Buffer, _encoding, done) {
      chunks.push(chunk)
      done()
    },
  })
  const rows = await exportDatabase({ poolConfig, migrationsDir: migrations, version: '1.2.3', output, gzip })
  return { file: Buffer.concat(chunks), rows }
}

/** Imports a file that comes in pieces of a size that fits nothing. */
export async function importAll(
  file: Buffer,
  database: Pick<Database, 'poolConfig' | 'kind'>,
  migrations = migrationsDir,
): Promise<RowCounts> {
  const source = await readExport(Readable.from(cut(file)))
  return importDatabase({ source, database, migrationsDir: migrations })
}

function* cut(file: Buffer): Generator<Buffer> {
  for (let at = 0; at < file.length; at += 4_093) yield file.subarray(at, at + 4_093)
}

/** The lines of an export, to be tampered with. */
export function toLines(file: Buffer): string[] {
  const text = file[0] === 0x1f ? gunzipSync(file) : file
  return text.toString().trimEnd().split('\n')
}

/** Puts lines together with a footer that is right about them. */
export function toFile(lines: readonly string[], gzip = false): Buffer {
  const rows: Record<string, number> = {}
  for (const line of lines) {
    const table = /^\{"table":"(\w+)"/.exec(line)?.[1]
    if (table) rows[table] = (rows[table] ?? 0) + 1
  }
  const body = lines
    .filter((line) => !line.startsWith('{"end"'))
    .map((line) => `${line}\n`)
    .join('')
  const sha256 = createHash('sha256').update(body).digest('hex')
  const file = Buffer.from(`${body}${JSON.stringify({ end: { rows, sha256 } })}\n`)
  return gzip ? gzipSync(file) : file
}

/** A database on the test server that nobody has migrated; dropped after the test. */
export async function createEmpty(): Promise<Pick<Database, 'poolConfig' | 'kind'>> {
  const { poolConfig } = inject('postgres')
  const database = `empty_${randomUUID().replaceAll('-', '')}`
  await query(poolConfig, `CREATE DATABASE ${database}`)
  onTestFinished(async () => void (await query(poolConfig, `DROP DATABASE ${database} WITH (FORCE)`)))
  return { poolConfig: { ...poolConfig, database }, kind: 'given' }
}

/** Everything a database holds, by table, without transaction ids. */
export async function readAll(poolConfig: PoolConfig): Promise<Record<string, string[]>> {
  const tables = await query(
    poolConfig,
    `SELECT relname AS name FROM pg_class
     WHERE relnamespace = 'public'::regnamespace AND relkind = 'r' AND relname <> '_prisma_migrations'`,
  )
  const all: Record<string, string[]> = {}
  for (const { name } of tables) {
    const rows = await query(poolConfig, `SELECT (to_jsonb(t) - 'xid')::text AS row FROM ${name} t`)
    all[String(name)] = rows.map(({ row }) => String(row)).toSorted()
  }
  return all
}
