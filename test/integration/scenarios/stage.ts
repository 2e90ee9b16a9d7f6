import { expect } from 'vitest'
import { type KnownMutation, listMutations, readSchema, unalias } from '../../support/introspect.ts'
import { passTime } from '../../support/passTime.ts'
import { ask, startTestServer, type TestServer, type TestServerOptions } from '../../support/server.ts'
import { openSocket, type SocketMessage } from '../../support/socket.ts'

/** Data of an answer, as deep as a test looks. */
// oxlint-disable-next-line typescript/no-explicit-any -- a test reads what it asked for
export type Data = any

/** Somebody with a token, who knows nothing but the server's address. */
export interface Actor {
  readonly token: string
  /** Sends a mutation and returns whatever member it answers with; throws where the answer is an error. */
  send(mutation: string, input: object): Promise<Data>
  /** The same, for what must be done: throws, with the answer, where it is not. */
  must(mutation: string, input: object): Promise<Data>
  /** Asks a query. */
  read(query: string, variables?: object): Promise<Data>
  /** Follows a subscription over a socket until it completes: the frames, in order. */
  follow(subscription: string, variables?: object): Promise<Data[]>
  /** A run with what hangs below it. */
  run(id: string): Promise<Data>
  /** The log of a run. */
  log(id: string): Promise<Data[]>
}

/** The names of the tokens that scenarios are played with, by their roles. */
const CAST = { olga: 'OPERATOR', oscar: 'OPERATOR', wanda: 'WORKER', vera: 'VIEWER' } as const
type Player = keyof typeof CAST

/** A server with everybody there. */
export interface Stage extends Readonly<Record<Player, Actor>> {
  readonly server: TestServer
  readonly adam: Actor
  /** Somebody with another token, or at another server of the same database. */
  join(token: string, url?: string): Actor
  /** Lets time pass for a run, by the clock of the database. */
  pass(runId: string, seconds: number): Promise<void>
  /** A run that `wanda` holds under fence 1, with its first phase under way. */
  atWork(workflow: string, start?: object): Promise<string>
  /** Proves that every run is what its log says (G6) and that nothing went wrong unseen, and stops the server. */
  end(): Promise<void>
}

const RUN = `id status reason error epoch revision round outcome isSettled isFinal isResumable allowedCommands isCancelConfirmed nextAction
  missingEvidence { kind phase } lease { owner fence isLive expiresAt } currentPhase { key status attempts }
  phases { id key status attempts error { class code message hint } artifacts { nodes { path sha256 isValid attempt } } }
  sessions { nodes { id role status } } continues { id } parent { id } output
  executions { edges { node { id end exitCode signal outcome epoch attempt } } }
  approvals { edges { node { id gate kind status question payload digest attempt expiresAt approvers comment decidedBy } } }
  messages { edges { node { id status } } }`

/** Opens a stage with these workflows; to be ended in `afterAll`. */
export async function openStage(
  workflows: readonly object[],
  options: TestServerOptions = {},
): Promise<Stage> {
  const server = await startTestServer(options)
  const mutations = new Map(
    listMutations(await readSchema(server, server.adminToken)).map((each) => [each.name, each]),
  )
  const join = (token: string, url = server.url) => enter({ url }, mutations, token)
  const adam = join(server.adminToken)
  for (const definition of workflows) await adam.must('registerWorkflow', { definition })
  const actors = await Promise.all(
    Object.entries(CAST).map(async ([name, role]) => {
      const { secret } = await adam.must('createToken', { principal: { name }, role })
      return [name, join(secret)] as const
    }),
  )
  const cast = Object.fromEntries(actors) as Record<Player, Actor>
  return {
    ...cast,
    server,
    adam,
    join,
    pass: (runId, seconds) => passTime(server.store, runId, seconds),
    async atWork(workflow, start = {}) {
      const claim = { owner: 'wanda', leaseSeconds: 600 }
      const { run } = await cast.wanda.must('startRun', { workflow, claim, ...start })
      await cast.wanda.must('startPhase', { runId: run.id, phase: run.currentPhase.key, fence: 1 })
      return run.id
    },
    async end() {
      const violations = await examine(adam)
      await server.stop()
      expect(violations).toEqual([])
      expect(server.logged.filter((line) => /"level":"(error|fatal)"/.test(line))).toEqual([])
    },
  }
}

/** What doctor finds in all runs. */
async function examine(adam: Actor): Promise<Data[]> {
  const query = `query ($after: String) { doctor(first: 500, after: $after) {
    violations { runId guarantee detail } pageInfo { hasNextPage endCursor } } }`
  const found: Data[] = []
  let page: Data = { hasNextPage: true, endCursor: null }
  while (page.hasNextPage) {
    const { doctor } = await adam.read(query, { after: page.endCursor })
    found.push(...doctor.violations)
    page = doctor.pageInfo
  }
  return found
}

function enter(
  server: { readonly url: string },
  mutations: ReadonlyMap<string, KnownMutation>,
  token: string,
): Actor {
  const read: Actor['read'] = async (query, variables = {}) => {
    const { data, errors } = await ask(server, query, { token, variables: { ...variables } })
    if (errors) throw new Error(JSON.stringify(errors))
    return data
  }
  const send: Actor['send'] = async (name, input) => {
    const mutation = mutations.get(name)
    if (!mutation) throw new Error(`there is no mutation ${name}`)
    return unalias((await read(mutation.document, { input }))[name])
  }
  return {
    token,
    read,
    send,
    async must(name, input) {
      const answer = await send(name, input)
      if (!String(answer.__typename).endsWith('Success'))
        throw new Error(`${name}: ${JSON.stringify(answer)}`)
      return answer
    },
    async follow(query, variables = {}) {
      const socket = await openSocket(server, token)
      const frames: Data[] = []
      socket.send({ id: '1', type: 'subscribe', payload: { query, variables } })
      for (;;) {
        const message = await socket.next()
        if (message.type === 'complete') break
        frames.push(readFrame(message))
      }
      socket.close()
      return frames
    },
    run: async (id) => flatten((await read(`query ($id: ID!) { run(id: $id) { ${RUN} } }`, { id })).run),
    log: async (id) =>
      (
        await read(
          'query ($id: ID!) { run(id: $id) { events(first: 500) { nodes { seq epoch type actor { kind name } payload } } } }',
          { id },
        )
      ).run.events.nodes,
  }
}

/** What a frame of a subscription brings; throws where it is an error. */
export function readFrame({ type, payload }: SocketMessage): Data {
  const { data, errors } = (type === 'next' ? payload : { errors: payload }) as {
    data?: object
    errors?: unknown
  }
  if (!data || errors) throw new Error(JSON.stringify(errors))
  return Object.values(data)[0]
}

/** A run with its pages as lists. */
function flatten(run: Data): Data {
  const isPage = (value: Data) => Array.isArray(value?.edges)
  return Object.fromEntries(
    Object.entries(run).map(([key, value]: [string, Data]) => [
      key,
      isPage(value) ? value.edges.map(({ node }: Data) => node) : value,
    ]),
  )
}

/** A refusal: its type, words that say why, and what more it tells. */
export const refusal = (type: string, rest: object = {}) =>
  expect.objectContaining({ __typename: type, message: expect.stringMatching(/\S.*\.$/), ...rest })

/** The types of events in a log, in order. */
export const typesOf = (log: readonly Data[]): string[] => log.map(({ type }) => type)
