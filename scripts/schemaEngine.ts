import { randomUUID } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { dirname, join, resolve } from 'node:path'
import { PrismaPg } from '@prisma/adapter-pg'
import { bindMigrationAwareSqlAdapterFactory, ColumnTypeEnum } from '@prisma/driver-adapter-utils'
import type { ErrorRegistry } from '@prisma/driver-adapter-utils'
import type * as EngineExports from '@prisma/schema-engine-wasm'
import type { MigrationList, SchemaEngine } from '@prisma/schema-engine-wasm'
import type { PoolConfig } from 'pg'
import type { Migration } from '../src/database/migrate/readMigrations.ts'
import { EnginePool } from './enginePool.ts'

type EngineModule = Pick<typeof EngineExports, 'SchemaEngine'>
type Adapter = Awaited<ReturnType<PrismaPg['connect']>>

/**
 * Runs `work` with Prisma's schema engine (WebAssembly from the npm package: no binary, no download) and frees the
 * engine afterwards. Scratch databases that the engine asks for are dropped.
 *
 * @param poolConfig the database to work on
 * @param work receives the engine and its single connection
 */
export async function withSchemaEngine<T>(
  poolConfig: PoolConfig,
  work: (engine: SchemaEngine, pool: EnginePool) => Promise<T>,
): Promise<T> {
  const { SchemaEngine } = await loadEngine()
  const pool = new EnginePool(poolConfig)
  const scratches: Scratch[] = []
  const adapter = bindMigrationAwareSqlAdapterFactory({
    provider: 'postgres',
    adapterName: '@prisma/adapter-pg',
    connect: () => openAdapter(pool),
    connectToShadowDb: async () => {
      const scratch = await createScratch(pool, poolConfig)
      scratches.push(scratch)
      return openAdapter(scratch.pool)
    },
  })
  try {
    const engine = await SchemaEngine.new({ datamodels: undefined }, () => undefined, adapter)
    try {
      return await work(engine, pool)
    } finally {
      engine.free()
    }
  } catch (error) {
    throw revealCause(error, adapter.errorRegistry)
  } finally {
    for (const scratch of scratches) await scratch.drop()
    await pool.end()
  }
}

/**
 * Prisma's adapter with two repairs. It splits a script at every `;`, even inside function bodies and string literals:
 * here a script is one simple-protocol query, as in Prisma's native engine, so PostgreSQL itself separates the
 * statements, and runs them as one transaction unless the script has its own. And columns of type `"char"` get their
 * type.
 */
async function openAdapter(pool: EnginePool): Promise<Adapter> {
  const adapter = await new PrismaPg(pool).connect()
  const queryRaw = adapter.queryRaw.bind(adapter)
  adapter.queryRaw = async (query) => {
    const result = await queryRaw(query)
    for (const index of pool.charColumns(result.rows)) result.columnTypes[index] = ColumnTypeEnum.Character
    return result
  }
  adapter.executeScript = async (script) => {
    await pool.query(script)
  }
  return adapter
}

interface Scratch {
  pool: EnginePool
  drop(): Promise<void>
}

async function createScratch(pool: EnginePool, poolConfig: PoolConfig): Promise<Scratch> {
  const database = `pawl_scratch_${randomUUID()}`
  await pool.query(`CREATE DATABASE "${database}"`)
  const scratch = new EnginePool({ ...poolConfig, database })
  return {
    pool: scratch,
    drop: async () => {
      await scratch.end()
      await pool.query(`DROP DATABASE "${database}"`)
    },
  }
}

/**
 * Replaces the engine's `External error id#N` with the adapter's error, and its panics with those passed to a global.
 */
function revealCause(error: unknown, registry: ErrorRegistry): unknown {
  if (error instanceof WebAssembly.RuntimeError) {
    loaded = undefined
    return new Error(`Prisma's schema engine panicked: ${lastPanic ?? error.message}`, { cause: error })
  }
  const id = error instanceof Error ? /External error id#(\d+)/.exec(error.message)?.[1] : undefined
  return (id === undefined ? undefined : registry.consumeError(Number(id))?.error) ?? error
}

let lastPanic: string | undefined
const panics = globalThis as { PRISMA_WASM_PANIC_REGISTRY?: { set_message(message: string): void } }
panics.PRISMA_WASM_PANIC_REGISTRY ??= { set_message: (message) => (lastPanic = message) }

let loaded: Promise<EngineModule> | undefined

/**
 * The engine's module, compiled once per process. The package's entry point imports `.wasm`, which Node.js 20 does not
 * support.
 */
function loadEngine(): Promise<EngineModule> {
  loaded ??= instantiateEngine()
  return loaded
}

async function instantiateEngine(): Promise<EngineModule> {
  const glue = await import('@prisma/schema-engine-wasm/schema_engine_bg')
  const folder = dirname(createRequire(import.meta.url).resolve('@prisma/schema-engine-wasm'))
  const bytes = await readFile(join(folder, 'schema_engine_bg.wasm'))
  const { instance } = await WebAssembly.instantiate(bytes, { './schema_engine_bg.js': listImports(glue) })
  const hidden = glue as unknown as { __wbg_set_wasm(exports: WebAssembly.Exports): void }
  hidden.__wbg_set_wasm(instance.exports)
  const start = instance.exports['__wbindgen_start']
  if (typeof start === 'function') start()
  return glue
}

/**
 * The glue's functions, with timers that do not keep the process alive, since the engine never clears its ten-second
 * timer.
 */
function listImports(glue: object): WebAssembly.ModuleImports {
  const imports = Object.entries(glue).map(([name, value]) =>
    name.startsWith('__wbg_setTimeout_')
      ? [
          name,
          (callback: () => void, milliseconds: number) => setTimeout(callback, milliseconds >>> 0).unref(),
        ]
      : [name, value],
  )
  return Object.fromEntries(imports) as WebAssembly.ModuleImports
}

/** Converts migrations to the form that Prisma's schema engine takes. */
export function listForEngine(migrationsDir: string, migrations: readonly Migration[]): MigrationList {
  return {
    baseDir: resolve(migrationsDir),
    lockfile: { path: './migration_lock.toml', content: migrationLock },
    shadowDbInitScript: '',
    migrationDirectories: migrations.map(({ name, sql }) => ({
      path: name,
      migrationFile: { path: 'migration.sql', content: { tag: 'ok', value: sql } },
    })),
  }
}

/** The content that Prisma's tools expect in `migration_lock.toml`. */
export const migrationLock = [
  '# Please do not edit this file manually',
  '# It should be added in your version-control system (e.g., Git)',
  'provider = "postgresql"',
  '',
].join('\n')
