import { parse } from 'graphql'
import { Client } from 'pg'
import type { Caller, Commands } from '../../src/commands/kit/context.ts'
import { openWriter } from '../../src/commands/kit/openWriter.ts'
import { openSignals } from '../../src/events/signals.ts'
import { openStreams } from '../../src/events/streams.ts'
import { executeOperation } from '../../src/graphql/request/execute.ts'
import { schema } from '../../src/graphql/schema.ts'
import { DEFAULT_SETTINGS } from '../../src/lifecycle/run/settings.ts'
import { openValidator } from '../../src/validation/validator.ts'
import type { BenchDatabase } from '../benchCluster.ts'
import type { Resources } from '../resources.ts'
import { type Explained, explain, hasPlan, type Sent } from './explain.ts'
import type { History } from './seedHistory.ts'
import { watchPool } from './watchPool.ts'

/** Executes the server's own code in this process: GraphQL, commands and streams, on a database with a history. */
export interface Asker {
  readonly history: History
  readonly database: BenchDatabase
  readonly commands: Commands
  readonly caller: Caller
  /** The data of an operation; throws where it has errors. */
  read<Data>(document: string, variables: Record<string, unknown>, as?: Caller): Promise<Data>
  /** Executes a function, and returns the plan of every statement that it sends. */
  explain(work: () => Promise<unknown>): Promise<Explained[]>
}

const ADMIN: Caller = { principalId: 'prn_bench', name: 'bench', role: 'ADMIN', projects: [], agent: null }

/** Opens the code on a database; closed with the resources. */
export async function openAsker(
  resources: Resources,
  database: BenchDatabase,
  history: History,
): Promise<Asker> {
  const { store, poolConfig } = database
  const explainer = new Client(poolConfig)
  explainer.on('error', () => undefined)
  await explainer.connect()
  resources.defer(() => explainer.end())
  const validator = openValidator()
  resources.defer(() => validator.close())
  const signals = await openSignals({ poolConfig })
  resources.defer(() => signals.close())
  const streams = openStreams({ store, signals })
  const commands: Commands = {
    store,
    writer: openWriter(store),
    validator,
    settings: DEFAULT_SETTINGS,
    announce: () => undefined,
    mintAgentToken: (runId, fence) => `${runId} ${fence}`,
    mintPageToken: ({ runId }) => runId,
    whyReserved: () => null,
    hasOlderServers: () => false,
  }
  const documents = new Map<string, ReturnType<typeof parse>>()
  return {
    history,
    database,
    commands,
    caller: ADMIN,
    async read<Data>(text: string, variables: Record<string, unknown>, caller = ADMIN) {
      const document = documents.get(text) ?? parse(text)
      documents.set(text, document)
      const contextValue = { commands, caller, isLive: true, streams, version: 'bench' }
      const { data, errors } = await executeOperation({
        schema,
        document,
        variableValues: variables,
        contextValue,
      })
      if (errors) throw new AggregateError(errors, errors.map(({ message }) => message).join('\n'))
      return data as Data
    },
    async explain(work) {
      const explained: Explained[] = []
      const explainOne = async (sent: Sent, before: Promise<void>) => {
        // one connection, one statement at a time
        await before
        if (hasPlan(sent)) explained.push(await explain(explainer, sent))
      }
      let last = Promise.resolve()
      const stop = watchPool(store.pool, (sent) => (last = explainOne(sent, last)))
      try {
        await work()
      } finally {
        stop()
      }
      return explained
    },
  }
}
