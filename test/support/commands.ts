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

/** The use cases on a database of one test file, and somebody of every role to call them. */
export interface TestCommands {
  readonly commands: Commands
  readonly store: Store
  readonly callers: TestCallers
  /** For a connection that goes around the code. */
  readonly poolConfig: PoolConfig
  /** Another server on the same database, with a pool of its own; closed with the first. */
  openServer(): Commands
  /** Ends every connection and removes the database; rejects where a connection was leaked. */
  close(): Promise<void>
}

/** What a test may choose otherwise. */
export interface TestCommandsOptions {
  /** Merged over the defaults of the server. */
  readonly settings?: Partial<Settings>
  /** Workflows to register beside the built-in ones. */
  readonly workflows?: readonly WorkflowDefinition[]
  /** Connections of each server's pool; default 10. */
  readonly connections?: number
}

/** Opens the use cases on a fresh database that has the built-in workflows; to be closed in `afterAll`. */
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

/** Puts a workflow into the database as it is, for every project. */
export async function putWorkflow(store: Store, definition: WorkflowDefinition): Promise<void> {
  await insertWorkflow(store, { id: newId('workflow'), project: null, definition })
}
