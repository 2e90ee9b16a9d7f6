import type { PoolConfig } from 'pg'
import type { Commands } from '../../src/commands/kit/context.ts'
import { newId } from '../../src/commands/kit/ids.ts'
import { BUILTIN_WORKFLOWS } from '../../src/lifecycle/workflow/builtins.ts'
import type { Settings } from '../../src/lifecycle/run/settings.ts'
import type { WorkflowDefinition } from '../../src/lifecycle/workflow/workflow.ts'
import { openStore, type Store } from '../../src/store/sql/openStore.ts'
import { insertWorkflow } from '../../src/store/workflow/workflows.ts'
import { CALLERS, type TestCallers, toCommands } from './callers.ts'
import { createTestDatabase } from './database.ts'

/** The use cases on the database of one test file, and a caller of each role. */
export interface TestCommands {
  readonly commands: Commands
  readonly store: Store
  readonly callers: TestCallers
  /** For a connection that bypasses the code under test. */
  readonly poolConfig: PoolConfig
  /** Opens another server on the same database, with a separate pool; closed with the first. */
  openServer(): Commands
  /** Closes every connection and drops the database; rejects if a connection was leaked. */
  close(): Promise<void>
}

/** Options of `openTestCommands`. */
export interface TestCommandsOptions {
  /** Merged over the server's defaults. */
  readonly settings?: Partial<Settings>
  /** Workflows to register in addition to the built-in ones. */
  readonly workflows?: readonly WorkflowDefinition[]
  /** Connections of each server's pool; default 10. */
  readonly connections?: number
}

/** Opens the use cases on a new database with the built-in workflows; close it in `afterAll`. */
export async function openTestCommands(options: TestCommandsOptions = {}): Promise<TestCommands> {
  const database = await createTestDatabase()
  const { poolConfig } = database
  const opened: Store[] = []
  const openServer = (): Commands => {
    const store = openStore({ ...poolConfig, max: options.connections ?? 10 })
    opened.push(store)
    return toCommands(store, options.settings)
  }
  const commands = openServer()
  for (const definition of [...BUILTIN_WORKFLOWS, ...(options.workflows ?? [])])
    await putWorkflow(commands.store, definition)
  return {
    commands,
    store: commands.store,
    callers: CALLERS,
    poolConfig,
    openServer,
    async close() {
      await Promise.all(opened.map((store) => store.close()))
      await database.drop()
    },
  }
}

/** Inserts a workflow into the database without validation, for every project. */
export async function putWorkflow(store: Store, definition: WorkflowDefinition): Promise<void> {
  await insertWorkflow(store, { id: newId('workflow'), project: null, definition })
}
