import { open, realpath, rename, rm, stat } from 'node:fs/promises'
import type { FileHandle } from 'node:fs/promises'
import type { Writable } from 'node:stream'
import { Command } from 'commander'
import { EXIT, UsageError } from './kit/exitCodes.ts'
import { createAction } from './kit/invocation.ts'
import type { Invocation } from './kit/invocation.ts'
import { withExamples } from './kit/options.ts'
import { describeRows, explainRefusals, readSettings, withDatabaseOptions, withProgress } from './transfer.ts'
import type { DatabaseOptions } from './transfer.ts'
import { withInterrupt } from './kit/withInterrupt.ts'

/** Exit codes above this are those of signals. */
const INTERRUPTED = 128

/** `pawl export`: writes everything in a database to a file or to standard output. */
export function exportCommand(): Command {
  const command = new Command('export')
    .description('write everything in the database to a file, whether or not a server is running')
    .argument('[file]', 'file to write, compressed if its name ends in .gz (default: standard output)')
  return withExamples(withDatabaseOptions(command), [
    'pawl export backup.jsonl.gz',
    'pawl export | ssh elsewhere pawl import -',
  ]).action(
    createAction<DatabaseOptions, [string | undefined]>(async (invocation, options, file = '-') => {
      const code = await withInterrupt((signal) => exportTo(invocation, options, file, signal))
      // an interrupted export must not wait for its reader
      return code > INTERRUPTED ? process.exit(code) : code
    }),
  )
}

async function exportTo(
  invocation: Invocation,
  options: DatabaseOptions,
  file: string,
  signal: AbortSignal,
): Promise<number> {
  if (file === '-' && process.stdout.isTTY)
    throw new UsageError(
      'An export contains secrets and is not printed on a terminal.\nName a file: pawl export FILE',
    )
  const [{ openBeside }, { exportDatabase }, { MIGRATIONS_DIR, VERSION: version }, settings] =
    await Promise.all([
      import('../database/openBeside.ts'),
      import('../database/exportDatabase.ts'),
      import('../server/kit/packageRoot.ts'),
      readSettings(options),
    ])
  const { data: dataDir, databaseUrl, databaseListenUrl } = settings
  const rows = await explainRefusals(async () => {
    const database = await openBeside({ dataDir, databaseUrl, databaseListenUrl })
    try {
      const { sessionConfig: poolConfig } = database
      return await writeTo(file, (output) =>
        withProgress(invocation, (onProgress) => {
          const gzip = file.endsWith('.gz')
          const migrationsDir = MIGRATIONS_DIR
          return exportDatabase({ poolConfig, migrationsDir, version, output, gzip, onProgress, signal })
        }),
      )
    } finally {
      await database.close()
    }
  })
  const told = `exported ${describeRows(rows)}`
  if (file !== '-') return invocation.answer({ file, rows }, (printer) => printer.line(`${told} to ${file}`))
  invocation.note(told)
  return EXIT.done
}

/** The file appears under its name only when it is complete, and only its owner can read it: it contains secrets. */
async function writeTo<T>(file: string, write: (output: Writable) => Promise<T>): Promise<T> {
  if (file === '-') {
    // without listeners, a closed pipe fails the export, which then closes the database
    process.stdout.removeAllListeners('error')
    return write(process.stdout)
  }
  const path = await realpath(file).catch(() => file)
  if (await isSpecial(path)) return write((await openFile(path, 'w')).createWriteStream())
  const draft = `${path}.${process.pid}.part`
  const handle = await openFile(draft, 'wx')
  try {
    const result = await write(handle.createWriteStream({ flush: true }))
    await rename(draft, path)
    return result
  } catch (error) {
    await rm(draft, { force: true })
    throw error
  }
}

/** Whether the path is a device or a pipe, which can't be replaced by a file. */
async function isSpecial(path: string): Promise<boolean> {
  const found = await stat(path).catch(() => undefined)
  return found !== undefined && !found.isFile()
}

async function openFile(path: string, flags: string): Promise<FileHandle> {
  try {
    return await open(path, flags, 0o600)
  } catch (error) {
    throw new UsageError(`${path} could not be written: ${(error as Error).message}`)
  }
}
