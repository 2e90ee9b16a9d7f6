/** Migrates in a process of its own and prints what it applied, as JSON. */
import type { PoolConfig } from 'pg'
import { migrate } from '../../../src/database/migrate/migrate.ts'

const [database, migrationsDir] = process.argv.slice(2) as [string, string]
console.log(JSON.stringify(await migrate(JSON.parse(database) as PoolConfig, migrationsDir)))
