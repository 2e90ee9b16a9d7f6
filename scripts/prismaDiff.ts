/**
 * Compares prisma/schema.prisma with the migrations, without network and without an engine binary.
 *
 *   tsx scripts/prismaDiff.ts --check         exit 1, printing the SQL that is missing, where they disagree
 *   tsx scripts/prismaDiff.ts --create NAME   writes that SQL as a new migration
 *
 * `--prisma DIR` names another folder than prisma/.
 */
import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { startScratch } from '../src/database/embedded/startScratch.ts'
import { readMigrations } from '../src/database/migrate/readMigrations.ts'
import { listForEngine, migrationLock, withSchemaEngine } from './schemaEngine.ts'

/**
 * The SQL that brings a database with all migrations to the state of schema.prisma; undefined if nothing is missing.
 */
async function findDifference(schemaFile: string, migrationsDir: string): Promise<string | undefined> {
  const migrations = await readMigrations(migrationsDir)
  const schema = { path: schemaFile, content: await readFile(schemaFile, 'utf8') }
  const scratch = await startScratch()
  try {
    const { stdout } = await withSchemaEngine(scratch.poolConfig, (engine) =>
      engine.diff({
        from: { tag: 'migrations', ...listForEngine(migrationsDir, migrations) },
        to: { tag: 'schemaDatamodel', files: [schema] },
        script: true,
        exitCode: null,
        filters: { externalTables: [], externalEnums: [] },
      }),
    )
    return stdout === null || stdout.includes('This is an empty migration') ? undefined : stdout
  } finally {
    await scratch.close()
  }
}

/** Returns the new migration's folder. */
async function writeMigration(migrationsDir: string, name: string, sql: string): Promise<string> {
  const timestamp = new Date().toISOString().replace(/[-:T]/g, '').slice(0, 14)
  const folder = join(migrationsDir, `${timestamp}_${name.replace(/[^A-Za-z0-9]+/g, '_')}`)
  await mkdir(folder, { recursive: true })
  await writeFile(join(folder, 'migration.sql'), sql)
  await writeFile(join(migrationsDir, 'migration_lock.toml'), migrationLock)
  return folder
}

async function main(): Promise<number> {
  const { values } = parseArgs({
    options: {
      check: { type: 'boolean', default: false },
      create: { type: 'string' },
      prisma: { type: 'string', default: fileURLToPath(new URL('../prisma', import.meta.url)) },
    },
  })
  if (values.check === (values.create !== undefined)) {
    console.error('usage: prismaDiff.ts --check | --create NAME [--prisma DIR]')
    return 2
  }
  const migrationsDir = join(values.prisma, 'migrations')
  const sql = await findDifference(join(values.prisma, 'schema.prisma'), migrationsDir)
  if (sql === undefined) {
    console.log('schema.prisma and the migrations agree')
    return 0
  }
  if (values.create !== undefined) {
    console.log(`created ${await writeMigration(migrationsDir, values.create, sql)}`)
    return 0
  }
  console.error(
    `schema.prisma and the migrations disagree; missing (tsx scripts/prismaDiff.ts --create NAME):\n\n${sql}`,
  )
  return 1
}

process.exitCode = await main()
