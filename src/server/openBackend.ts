import { hostname } from 'node:os'
import { join } from 'node:path'
import { whyReserved } from '../ownDirectories.ts'
import type { OwnDirectory } from '../ownDirectories.ts'
import { sweepRun } from '../commands/run/changeRun.ts'
import type { Commands, Writer } from '../commands/kit/context.ts'
import type { Config } from '../config.ts'
import { migrate } from '../database/migrate/migrate.ts'
import { recognizeRestore } from '../database/restore/recognizeRestore.ts'
import { type OlderServers, watchOlderServers } from './health/olderServers.ts'
import { fencesAfter } from './health/restoreWatch.ts'
import { type Database, openDatabase } from '../database/openDatabase.ts'
import { ALL_TOKENS, openSignals } from '../events/signals.ts'
import { openStreams, type Streams as Tails } from '../events/streams.ts'
import { settingsSchema } from '../lifecycle/run/settings.ts'
import type { Log } from '../log.ts'
import { type Installation, readInstallation } from '../store/account/readInstallation.ts'
import { openStore, type Store } from '../store/sql/openStore.ts'
import { openValidator } from '../validation/validator.ts'
import { type AgentTokens, createAgentTokens } from './auth/agentTokens.ts'
import { createPageTokens, type PageTokens } from './auth/pageTokens.ts'
import { MIGRATIONS_DIR } from './kit/packageRoot.ts'
import { registerBuiltins } from './registerBuiltins.ts'
import type { Teardown } from './kit/teardown.ts'

/** Everything behind the schema: the migrated database, and the context of commands and streams. */
export interface Backend {
  readonly database: Database
  readonly installation: Installation
  readonly agentTokens: AgentTokens
  readonly pageTokens: PageTokens
  readonly commands: Commands
  readonly tails: Tails
  readonly olderServers: OlderServers
  /** Called with the id of every run that this process has changed. */
  onChange: (runId: string) => void
  /** Called when a token was revoked, on whichever server; sometimes for nothing. */
  onRevoked: () => void
}

/** The embedded database allows 20 connections; LISTEN, `migrate` and administrators need some of them. */
const EMBEDDED_POOL = 14
/** How long a statement waits for a connection, in milliseconds; then the caller is asked to retry. */
const CONNECT_MS = 5000
/** How long a statement may take, in milliseconds; this also detects dead connections. */
const STATEMENT_MS = 30_000

interface BackendOptions {
  readonly config: Config
  readonly log: Log
  readonly teardown: Teardown
  readonly signal: AbortSignal | undefined
  /** Opens what all commands go through on their way to the database. */
  readonly openWriter: (store: Store) => Writer
}

/** Opens the backend; the teardown closes it. */
export async function openBackend({
  config,
  log,
  teardown,
  signal,
  openWriter,
}: BackendOptions): Promise<Backend> {
  const { data: dataDir, databaseUrl, databaseListenUrl, poolSize } = config
  const database = await openDatabase({ dataDir, databaseUrl, databaseListenUrl, log, signal })
  teardown.add(() => database.close())
  signal?.throwIfAborted()
  await migrate(database.sessionConfig, MIGRATIONS_DIR, log)
  await recognizeRestore({ poolConfig: database.sessionConfig, dataDir, log })
  signal?.throwIfAborted()

  const connections = database.kind === 'embedded' ? Math.min(poolSize, EMBEDDED_POOL) : poolSize
  const store = openStore({
    ...database.poolConfig,
    max: connections,
    keepAlive: true,
    connectionTimeoutMillis: CONNECT_MS,
    query_timeout: STATEMENT_MS,
  })
  teardown.add(() => store.close())
  const signals = await openSignals({ poolConfig: database.sessionConfig, log, onLost: store.reportLost })
  teardown.add(() => signals.close())

  const installation = await readInstallation(store.pool)
  const olderServers = await watchOlderServers(store.pool, log)
  const agentTokens = createAgentTokens(installation.secret)
  const pageTokens = createPageTokens(installation.secret)
  const validator = openValidator()
  teardown.add(() => validator.close())
  const commands: Commands = {
    store,
    writer: openWriter(store),
    validator,
    settings: { ...settingsSchema.strip().parse(config), fencesAfter: fencesAfter(installation.restoredAt) },
    announce(runId, change) {
      signals.announce(runId, change)
      backend.onChange(runId)
    },
    mintAgentToken: agentTokens.mint,
    mintPageToken: pageTokens.mint,
    whyReserved: (host, directory) => (host === hostname() ? whyReserved(directory, ownOf(dataDir)) : null),
    hasOlderServers: olderServers.areThere,
  }
  const tails = openStreams({
    store,
    signals,
    onDue: (runId) => void moveOn(commands, runId, log),
    maxReads: Math.ceil(connections / 2),
  })
  const backend: Backend = {
    database,
    installation,
    agentTokens,
    pageTokens,
    commands,
    tails,
    olderServers,
    onChange: () => {},
    onRevoked: () => {},
  }
  void (async () => {
    const revocations = signals.subscribe(ALL_TOKENS)
    while (await revocations.wait()) backend.onRevoked()
  })()
  await registerBuiltins(commands, log)
  return backend
}

/** Where this server keeps things on its machine; the database may be linked to elsewhere. */
function ownOf(dataDir: string): OwnDirectory[] {
  return [
    { path: dataDir, holds: "a server's data is kept" },
    { path: join(dataDir, 'database'), holds: "a server's database is kept" },
  ]
}

/** Handles a lost owner that a stream has noticed (G5). If this fails, the next sweep does it. */
async function moveOn(commands: Commands, runId: string, log: Log): Promise<void> {
  try {
    await sweepRun(commands, runId)
  } catch (err) {
    log.debug({ err, runId }, 'stream.reconcile_failed')
  }
}
