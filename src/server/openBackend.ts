import { sweepRun } from '../commands/run/changeRun.ts'
import type { Commands } from '../commands/kit/context.ts'
import type { Config } from '../config.ts'
import { migrate } from '../database/migrate/migrate.ts'
import { type Database, openDatabase } from '../database/openDatabase.ts'
import { openSignals } from '../events/signals.ts'
import { openStreams, type Streams as Tails } from '../events/streams.ts'
import { settingsSchema } from '../lifecycle/run/settings.ts'
import type { Log } from '../log.ts'
import { type Installation, readInstallation } from '../store/account/readInstallation.ts'
import { openStore } from '../store/sql/openStore.ts'
import { openValidator } from '../validation/validator.ts'
import { type AgentTokens, createAgentTokens } from './auth/agentTokens.ts'
import { MIGRATIONS_DIR } from './kit/packageRoot.ts'
import { registerBuiltins } from './registerBuiltins.ts'
import type { Teardown } from './kit/teardown.ts'

/** Everything behind the schema: the database, migrated, and what commands and streams work with. */
export interface Backend {
  readonly database: Database
  readonly installation: Installation
  readonly agentTokens: AgentTokens
  readonly commands: Commands
  readonly tails: Tails
  /** Told the run whenever one changed in this process. */
  onChange: (runId: string) => void
}

/** The embedded database takes 20 connections; signals, `migrate` and a look from outside need some. */
const EMBEDDED_POOL = 14
/** How long a statement waits for a connection, in milliseconds: then the caller is told to ask again. */
const CONNECT_MS = 5000
/** How long a statement may take, in milliseconds: a connection that leads nowhere is found out by it. */
const STATEMENT_MS = 30_000

interface BackendOptions {
  readonly config: Config
  readonly log: Log
  readonly teardown: Teardown
  readonly signal: AbortSignal | undefined
}

/** Opens it; what was opened is closed by the teardown. */
export async function openBackend({ config, log, teardown, signal }: BackendOptions): Promise<Backend> {
  const { data: dataDir, databaseUrl, poolSize } = config
  const database = await openDatabase({ dataDir, databaseUrl, log, signal })
  teardown.add(() => database.close())
  signal?.throwIfAborted()
  await migrate(database.poolConfig, MIGRATIONS_DIR, log)
  signal?.throwIfAborted()

  const store = openStore({
    ...database.poolConfig,
    max: database.kind === 'embedded' ? Math.min(poolSize, EMBEDDED_POOL) : poolSize,
    keepAlive: true,
    connectionTimeoutMillis: CONNECT_MS,
    query_timeout: STATEMENT_MS,
  })
  teardown.add(() => store.close())
  const signals = await openSignals({ poolConfig: database.poolConfig, log })
  teardown.add(() => signals.close())

  const installation = await readInstallation(store.pool)
  const agentTokens = createAgentTokens(installation.secret)
  const validator = openValidator()
  teardown.add(() => validator.close())
  const commands: Commands = {
    store,
    validator,
    settings: settingsSchema.strip().parse(config),
    announce(runId) {
      signals.announce(runId)
      backend.onChange(runId)
    },
    mintAgentToken: agentTokens.mint,
  }
  const tails = openStreams({ store, signals, onDue: (runId) => void moveOn(commands, runId, log) })
  const backend: Backend = { database, installation, agentTokens, commands, tails, onChange: () => {} }
  await registerBuiltins(commands, log)
  return backend
}

/** A stream met a lost owner (G5). Where it fails, the sweep comes by. */
async function moveOn(commands: Commands, runId: string, log: Log): Promise<void> {
  try {
    await sweepRun(commands, runId)
  } catch (err) {
    log.debug({ err, runId }, 'stream.reconcile_failed')
  }
}
