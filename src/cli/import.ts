import { createReadStream } from 'node:fs'
import type { Readable } from 'node:stream'
import { Command } from 'commander'
import { EXIT, UsageError } from './kit/exitCodes.ts'
import { createAction } from './kit/invocation.ts'
import type { Invocation } from './kit/invocation.ts'
import { withExamples } from './kit/options.ts'
import { describeRows, explainRefusals, readSettings, withDatabaseOptions, withProgress } from './transfer.ts'
import type { DatabaseOptions } from './transfer.ts'
import { withInterrupt } from './kit/withInterrupt.ts'

/** `pawl import`: fills a database without runs from an export. */
export function importCommand(): Command {
  const command = new Command('import')
    .description('fill a database that has no runs from a file of pawl export, completely or not at all')
    .argument('<file>', 'file to read, compressed or not; - for standard input')
  return withExamples(withDatabaseOptions(command), [
    'pawl import backup.jsonl.gz',
    'pawl import --data /var/lib/pawl backup.jsonl.gz',
  ]).action(
    createAction<DatabaseOptions, [string]>((invocation, options, file) =>
      withInterrupt((signal) => importFrom(invocation, options, file, signal)),
    ),
  )
}

async function importFrom(
  invocation: Invocation,
  options: DatabaseOptions,
  file: string,
  signal: AbortSignal,
): Promise<number> {
  const [{ openDatabase }, { importDatabase }, { readExport }, { MIGRATIONS_DIR }, settings] =
    await Promise.all([
      import('../database/openDatabase.ts'),
      import('../database/importDatabase.ts'),
      import('../database/transfer/readExport.ts'),
      import('../server/kit/packageRoot.ts'),
      readSettings(options),
    ])
  const { data: dataDir, databaseUrl, databaseListenUrl } = settings
  const input = await openSource(file)
  signal.addEventListener('abort', () => input.destroy(signal.reason as Error), { once: true })
  const rows = await explainRefusals(async () => {
    const source = await readExport(input)
    const { sessionConfig, kind, close } = await openDatabase({ dataDir, databaseUrl, databaseListenUrl })
    try {
      const database = { poolConfig: sessionConfig, kind }
      return await withProgress(invocation, (onProgress) =>
        importDatabase({ source, database, migrationsDir: MIGRATIONS_DIR, onProgress, signal }),
      )
    } finally {
      await close()
    }
  })
  invocation.answer({ file, rows }, (printer) => printer.line(`imported ${describeRows(rows)}`))
  invocation.note(
    'all tokens of the exported server are valid here; stop that server if this one replaces it',
  )
  return EXIT.done
}

async function openSource(file: string): Promise<Readable> {
  if (file === '-') return process.stdin
  const stream = createReadStream(file)
  return new Promise((resolve, reject) => {
    stream.once('open', () => resolve(stream))
    stream.once('error', (error) => {
      reject(new UsageError(`${file} could not be read: ${error.message}`, EXIT.invalid))
    })
  })
}
