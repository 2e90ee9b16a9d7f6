/** Migrates in a process of its own and prints what it applied, as JSON. */
import { parseArgs } from 'node:util'
import type { PoolConfig } from 'pg'
import { migrate } from '../../../src/database/migrate/migrate.ts'

const { positionals, values } = parseArgs({
  allowPositionals: true,
  options: { 'tell-engine': { type: 'boolean' } },
})
const [database, migrationsDir] = positionals as [string, string]

const instantiate = WebAssembly.instantiate
let engine = 'not loaded'
WebAssembly.instantiate = ((...args: Parameters<typeof instantiate>) => {
  if (args[1] && './schema_engine_bg.js' in args[1]) engine = 'loaded'
  return instantiate(...args)
}) as typeof instantiate

console.log(JSON.stringify(await migrate(JSON.parse(database) as PoolConfig, migrationsDir)))
if (values['tell-engine']) console.log(`engine ${engine}`)
