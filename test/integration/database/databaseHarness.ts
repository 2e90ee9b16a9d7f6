import type { ChildProcess, SpawnOptions } from 'node:child_process'
import { once } from 'node:events'
import { chmod, mkdtemp, readdir, readFile, realpath, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { Client } from 'pg'
import type { PoolConfig, QueryResultRow } from 'pg'
import { expect, onTestFinished } from 'vitest'
import { listPostgresProcesses } from '../../../src/database/embedded/inspectProcess.ts'
import { sendSignal } from '../../../src/database/embedded/stopPostgres.ts'
import { openDatabase } from '../../../src/database/openDatabase.ts'
import type { Database } from '../../../src/database/openDatabase.ts'
import { fillDataDir } from '../../support/dataDir.ts'
import { programFile } from '../../support/programs.ts'
import { startChild } from '../../support/startChild.ts'

export const isRoot = process.getuid?.() === 0

/** What `holdDatabase.ts` told about its database. */
export interface Holder {
  child: ChildProcess
  opened?: { poolConfig: PoolConfig; adopted: boolean; kind: string }
  failed?: { name: string; code?: string; message: string }
  /** Closes the database and waits for the process to end. */
  release(): Promise<void>
  /** Ends the process without a chance to clean up. */
  kill(): Promise<void>
}

/** What a test opened. */
export interface Closable {
  close(): Promise<unknown>
}

/** Closes it after the test, before its files are removed. */
export function closeAfterwards(opened: Closable): void {
  onTestFinished(async () => {
    await opened.close()
  })
}

/** A folder that others can pass through, removed after the test with whatever PostgreSQL still runs below it. */
export async function makeFolder(): Promise<string> {
  const folder = await realpath(await mkdtemp(join(tmpdir(), 'pawl-test-')))
  await chmod(folder, 0o755)
  onTestFinished(() => removeFolder(folder))
  return folder
}

/** A data directory with an empty database, which no server has opened yet; removed after the test. */
export async function makeDataDir(): Promise<string> {
  return fillDataDir(join(await makeFolder(), 'data'))
}

/** Opens a database in this process; it is closed after the test. */
export async function open(
  dataDir: string,
  more: { databaseUrl?: string; databaseListenUrl?: string; log?: RecordedLog } = {},
): Promise<Database> {
  const database = await openDatabase({ dataDir, ...more })
  closeAfterwards(database)
  return database
}

/** Keeps what was reported. */
export class RecordedLog {
  readonly events: { event: string; fields: object }[] = []
  info = (fields: object, event: string): void => void this.events.push({ event, fields })
  warn = this.info
  error = this.info
}

/** Opens a database in another process. */
export async function startHolder(
  dataDir: string,
  options: SpawnOptions & { source?: string } = {},
): Promise<Holder> {
  const { source = programFile('openDatabase'), ...more } = options
  // a copy of the source, in an installation of its own, is compiled there
  const loader = source.endsWith('.ts') ? ['--import', 'tsx'] : []
  const child = startChild(process.execPath, [...loader, programFile('holdDatabase'), source, dataDir], {
    stdio: ['pipe', 'pipe', 'inherit'],
    ...more,
  })
  onTestFinished(() => void child.kill('SIGKILL'))
  const exit = once(child, 'exit')
  if (!child.stdout || !child.stdin) throw new Error('no pipes')
  const [line] = (await Promise.race([
    once(createInterface(child.stdout), 'line'),
    exit.then(() => ['{"failed":{"name":"ended","message":"the holder ended without a word"}}']),
  ])) as [string]
  const { stdin } = child
  return {
    child,
    ...(JSON.parse(line) as Pick<Holder, 'opened' | 'failed'>),
    release: async () => {
      stdin.write('close\n')
      await exit
    },
    kill: async () => {
      child.kill('SIGKILL')
      await exit
    },
  }
}

/** Runs one statement on a connection of its own. */
export async function query(poolConfig: PoolConfig, sql: string): Promise<QueryResultRow[]> {
  const client = new Client(poolConfig)
  client.on('error', () => undefined)
  await client.connect()
  try {
    return (await client.query<QueryResultRow>(sql)).rows
  } finally {
    await client.end()
  }
}

/** Where a data directory's cluster is. */
export async function clusterOf(dataDir: string): Promise<string> {
  return realpath(join(dataDir, 'database', 'cluster'))
}

/** The pid of a data directory's PostgreSQL, as it wrote it down. */
export async function postmasterOf(dataDir: string): Promise<number> {
  return Number((await readFile(join(await clusterOf(dataDir), 'postmaster.pid'), 'utf8')).split('\n')[0])
}

/** Fails unless no PostgreSQL works on the data directory. */
export async function expectNothingRuns(dataDir: string): Promise<void> {
  expect(await listPostgresProcesses(await clusterOf(dataDir))).toEqual([])
}

async function removeFolder(folder: string): Promise<void> {
  await endAllBelow(folder)
  await rm(folder, { recursive: true, force: true })
}

async function endAllBelow(folder: string): Promise<void> {
  const clusters = await findClusters(folder)
  for (const cluster of clusters) {
    for (const pid of await listPostgresProcesses(cluster)) sendSignal(pid, 'SIGKILL')
  }
}

async function findClusters(folder: string): Promise<string[]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true })
  return entries
    .filter((entry) => entry.name === 'cluster')
    .map((entry) => join(entry.parentPath, entry.name))
}
