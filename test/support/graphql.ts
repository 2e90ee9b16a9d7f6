import { type DocumentNode, type ExecutionResult, parse, validate } from 'graphql'
import type pg from 'pg'
import type { Caller } from '../../src/commands/kit/context.ts'
import { openSignals, type Signals } from '../../src/events/signals.ts'
import { openStreams } from '../../src/events/streams.ts'
import type { RequestContext } from '../../src/graphql/request/context.ts'
import { executeOperation, subscribeOperation } from '../../src/graphql/request/execute.ts'
import { schema } from '../../src/graphql/schema.ts'
import type { Store } from '../../src/store/sql/openStore.ts'
import { openTestCommands, type TestCommands, type TestCommandsOptions } from './commands.ts'

/** The data of an answer, untyped. */
// oxlint-disable-next-line typescript/no-explicit-any -- a test reads what it asked for
export type Data = any

/** The caller of a request. Default: ADMIN with a valid token. */
export interface AskAs {
  readonly as?: Caller
  readonly isLive?: boolean
}

/** The schema on the database of one test file, executed without a transport. */
export interface TestGraph extends TestCommands {
  readonly signals: Signals
  /** The whole answer, including errors. Throws if the document is invalid. */
  ask(document: string, variables?: Record<string, unknown>, who?: AskAs): Promise<ExecutionResult<Data>>
  /** The data of an answer; throws if it has errors. */
  read(document: string, variables?: Record<string, unknown>, who?: AskAs): Promise<Data>
  /** A mutation's answer: sends `input`, selects `__typename` and the given selection. */
  mutate(name: string, input: unknown, selection: string, who?: AskAs): Promise<Data>
  /** The results of a subscription, or the single result with its error. */
  follow(
    document: string,
    variables?: Record<string, unknown>,
    who?: AskAs,
  ): Promise<AsyncIterableIterator<ExecutionResult<Data>> | ExecutionResult<Data>>
}

/** Opens the schema on a new database; close it in `afterAll`. */
export async function openTestGraph(options: TestCommandsOptions = {}): Promise<TestGraph> {
  const test = await openTestCommands(options)
  const signals = await openSignals({ poolConfig: test.poolConfig })
  const commands = { ...test.commands, announce: signals.announce }
  const streams = openStreams({ store: test.store, signals })

  /** The same document for the same text, as on a server. */
  const documents = new Map<string, DocumentNode>()
  const toArgs = (text: string, variables: Record<string, unknown>, who: AskAs) => {
    const document = documents.get(text) ?? parse(text)
    documents.set(text, document)
    const [mistake] = validate(schema, document)
    if (mistake) throw mistake
    const { as: caller = test.callers.admin, isLive = true } = who
    const contextValue: RequestContext = { commands, caller, isLive, streams, version: '1.2.3' }
    return { schema, document, variableValues: variables, contextValue }
  }
  const ask: TestGraph['ask'] = async (text, variables = {}, who = {}) =>
    executeOperation(toArgs(text, variables, who))
  const read: TestGraph['read'] = async (text, variables, who) => {
    const { data, errors } = await ask(text, variables, who)
    if (errors) throw new AggregateError(errors, errors.map(({ message }) => message).join('\n'))
    return data
  }

  return {
    ...test,
    commands,
    signals,
    ask,
    read,
    async mutate(name, input, selection, who) {
      const type = `${name.charAt(0).toUpperCase()}${name.slice(1)}Input`
      const document = `mutation M($input: ${type}!) { ${name}(input: $input) { __typename ${selection} } }`
      return (await read(document, { input }, who))[name]
    },
    follow: async (text, variables = {}, who = {}) => subscribeOperation(toArgs(text, variables, who)),
    async close() {
      await signals.close()
      await test.close()
    },
  }
}

/** The code of each error of an answer. */
export function codesOf({ errors = [] }: ExecutionResult): unknown[] {
  return errors.map(({ extensions }) => extensions['code'])
}

/** Counts the statements that a store sends during the work. */
export async function countStatements(store: Store, work: () => Promise<unknown>): Promise<number> {
  let count = 0
  const counted = new Map<pg.PoolClient, pg.PoolClient['query']>()
  const onAcquire = (client: pg.PoolClient) => {
    if (counted.has(client)) return
    const query = client.query.bind(client) as (...args: unknown[]) => unknown
    counted.set(client, client.query)
    client.query = ((...args: unknown[]) => {
      count++
      return query(...args)
    }) as pg.PoolClient['query']
  }
  store.pool.on('acquire', onAcquire)
  try {
    await work()
  } finally {
    store.pool.off('acquire', onAcquire)
    for (const [client, query] of counted) client.query = query
  }
  return count
}
