import { Command } from 'commander'
import { createAction } from './kit/invocation.ts'
import type { Invocation } from './kit/invocation.ts'
import { withExamples } from './kit/options.ts'
import { explainRefusals, readSettings, withDatabaseOptions } from './transfer.ts'
import type { DatabaseOptions } from './transfer.ts'

/** `pawl restored`: says that the database was restored from a backup, where servers can't see it by themselves. */
export function restoredCommand(): Command {
  const command = new Command('restored').description(
    'say that the database was restored from a backup: ends leases, agent tokens and sign-ins from before',
  )
  return withExamples(withDatabaseOptions(command), [
    'pawl restored --data /var/lib/pawl',
    'DATABASE_URL=postgresql://pawl@db/pawl pawl restored',
  ]).action(createAction<DatabaseOptions>(tellRestored))
}

async function tellRestored(invocation: Invocation, options: DatabaseOptions): Promise<number> {
  const [{ openBeside }, { migrate }, { recognizeRestore }, { silentLog }, { MIGRATIONS_DIR }, settings] =
    await Promise.all([
      import('../database/openBeside.ts'),
      import('../database/migrate/migrate.ts'),
      import('../database/restore/recognizeRestore.ts'),
      import('../database/kit/databaseLog.ts'),
      import('../server/kit/packageRoot.ts'),
      readSettings(options),
    ])
  const { data: dataDir, databaseUrl, databaseListenUrl } = settings
  await explainRefusals(async () => {
    const database = await openBeside({ dataDir, databaseUrl, databaseListenUrl })
    try {
      const { sessionConfig: poolConfig } = database
      await migrate(poolConfig, MIGRATIONS_DIR)
      await recognizeRestore({ poolConfig, dataDir, log: silentLog, isTold: true })
    } finally {
      await database.close()
    }
  })
  return invocation.answer({ restored: true }, (printer) =>
    printer.line(
      'what was given out before the restore is not valid any more: leases, agent tokens, sign-ins, cursors',
    ),
  )
}
