import type { Command } from 'commander'
import type { Config } from '../config.ts'
import { DatabaseError, type DatabaseErrorCode } from '../database/kit/databaseErrors.ts'
import { EXIT, UsageError } from './kit/exitCodes.ts'
import type { ExitCode } from './kit/exitCodes.ts'
import type { CommonOptions, Invocation } from './kit/invocation.ts'
import { LiveScreen } from './terminal/liveScreen.ts'

/** The options that name a database, as `pawl serve` takes them. */
export interface DatabaseOptions extends CommonOptions {
  readonly config?: string
  readonly databaseUrl?: string
  readonly databaseListenUrl?: string
}

/** Adds the options that name a database. */
export function withDatabaseOptions(command: Command): Command {
  return command
    .option('--data <dir>', 'the data directory of its server (PAWL_DATA; default: .pawl)')
    .option('--database-url <url>', 'a PostgreSQL of yours (DATABASE_URL; default: the embedded one)')
    .option('--database-listen-url <url>', 'the same without a pooler (DATABASE_LISTEN_URL)')
    .option(
      '--config <file>',
      'file with settings, JSON or YAML (PAWL_CONFIG; default: pawl.config.json or .yaml)',
    )
    .option('--json', 'print JSON')
    .option('-q, --quiet', 'no progress and no remarks on stderr')
}

/** The settings of the server that the database belongs to. Throws UsageError listing every mistake. */
export async function readSettings({
  data,
  databaseUrl,
  databaseListenUrl,
  config,
}: DatabaseOptions): Promise<Config> {
  const [{ ConfigError }, { loadConfig }] = await Promise.all([
    import('../configFile.ts'),
    import('../config.ts'),
  ])
  try {
    return await loadConfig({ flags: { data, databaseUrl, databaseListenUrl, config } })
  } catch (error) {
    if (error instanceof ConfigError) throw new UsageError(error.message)
    throw error
  }
}

/** Shows the progress on a terminal. */
export async function withProgress<T>(
  { err, options }: Invocation,
  work: (onProgress: (rows: number, table: string) => void) => Promise<T>,
): Promise<T> {
  if (!err.isTerminal || options.quiet) return work(() => undefined)
  const screen = new LiveScreen(err)
  let drawnAt = 0
  try {
    return await work((rows, table) => {
      if (performance.now() - drawnAt < FRAME_MS) return
      drawnAt = performance.now()
      screen.draw([`${toCount(rows)} rows, of ${table}`])
    })
  } finally {
    screen.draw([])
    screen.end()
  }
}

const FRAME_MS = 100

/** A number with thousands separators. */
export function toCount(count: number): string {
  return count.toLocaleString('en')
}

/** `3 runs with 14 events`. */
export function describeRows({ run = 0, event = 0 }: Readonly<Record<string, number>>): string {
  const runs = `${toCount(run)} ${run === 1 ? 'run' : 'runs'}`
  return `${runs} with ${toCount(event)} ${event === 1 ? 'event' : 'events'}`
}

const CODES: Partial<Record<DatabaseErrorCode, ExitCode>> = {
  EXPORT_INVALID: EXIT.invalid,
  EXPORT_INCOMPATIBLE: EXIT.invalid,
  DATABASE_NOT_EMPTY: EXIT.lostRace,
  DATABASE_IN_USE: EXIT.lostRace,
  DATA_DIR_IN_USE: EXIT.lostRace,
}

/** Turns errors of the database that the caller can mend into usage errors with an exit code. */
export async function explainRefusals<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work()
  } catch (error) {
    const code = error instanceof DatabaseError ? CODES[error.code] : undefined
    if (error instanceof DatabaseError && code !== undefined) throw new UsageError(error.message, code)
    throw error
  }
}
