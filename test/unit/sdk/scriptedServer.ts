import { readFileSync } from 'node:fs'
import { createServer } from 'node:http'
import type { ServerResponse } from 'node:http'
import type { AddressInfo, Socket } from 'node:net'
import { useServer } from 'graphql-ws/use/ws'
import { createGraphQLError, createSchema, createYoga } from 'graphql-yoga'
import { WebSocketServer } from 'ws'

// oxlint-disable-next-line typescript/no-explicit-any -- the schema checks at run time what a resolver is given and returns
export type Resolver = (parent: unknown, args: any) => unknown

/** What the server answers, by the names of the schema. */
export interface Script {
  Query?: Record<string, Resolver>
  Mutation?: Record<string, Resolver>
  Subscription?: Record<string, { subscribe: Resolver }>
}

export type ScriptedServer = Awaited<ReturnType<typeof startScriptedServer>>

/**
 * A GraphQL server over HTTP, server-sent events and WebSocket, with the printed schema and scripted answers, that
 * misbehaves when it is told to.
 */
export async function startScriptedServer(script: Script) {
  const typeDefs = readFileSync(new URL('../../../schema/schema.graphql', import.meta.url), 'utf8')
  const schema = createSchema({
    typeDefs,
    resolvers: addRoots(script),
    resolverValidationOptions: { requireResolversToMatchSchema: 'error' },
  })
  const yoga = createYoga({
    schema,
    maskedErrors: false,
    logging: false,
    graphiql: false,
    batching: { limit: 10 },
  })
  const faults = {
    lostAnswers: 0,
    statuses: [] as number[],
    closeCodes: [] as number[],
    refusedToken: undefined as string | undefined,
  }
  const seen = { requests: 0, authorizations: [] as (string | undefined)[], sockets: 0 }
  const answering = new Set<ServerResponse>()
  const http = createServer((request, response) => {
    seen.requests += 1
    answering.add(response)
    response.on('close', () => answering.delete(response))
    seen.authorizations.push(request.headers.authorization)
    const status = faults.statuses.shift()
    if (status) return void response.writeHead(status).end('<html>not today</html>')
    if (faults.refusedToken && request.headers.authorization === `Bearer ${faults.refusedToken}`) {
      return void response.writeHead(401, { 'content-type': 'application/json' }).end(UNAUTHENTICATED)
    }
    if (faults.lostAnswers > 0) {
      faults.lostAnswers -= 1
      // The operation is done by the time that its answer is written.
      response.writeHead = () => {
        request.socket.destroy()
        return response
      }
    }
    void yoga(request, response)
  })
  const connections = new Set<Socket>()
  http.on('connection', (socket) => {
    connections.add(socket)
    socket.on('close', () => connections.delete(socket))
  })
  const sockets = new WebSocketServer({ server: http, path: '/graphql' })
  useServer(
    {
      schema,
      onConnect: (context) => {
        seen.sockets += 1
        const { authorization } = (context.connectionParams ?? {}) as { authorization?: string }
        seen.authorizations.push(authorization)
        const code = faults.closeCodes.shift()
        if (code) context.extra.socket.close(code, 'scripted')
        return !code && !(faults.refusedToken && authorization === `Bearer ${faults.refusedToken}`)
      },
    },
    sockets,
  )
  await new Promise<void>((resolve) => http.listen(0, '127.0.0.1', resolve))
  const { port } = http.address() as AddressInfo
  return {
    url: `http://127.0.0.1:${port}`,
    /** What the server is to do wrong from now on. */
    faults,
    /** What has come in. */
    seen,
    /** How many HTTP answers are being written, and WebSockets open. */
    countOpen: () => answering.size + sockets.clients.size,
    /** Breaks every connection off, without a word. */
    dropConnections: () => {
      for (const socket of connections) socket.destroy()
    },
    /** Closes every WebSocket with a code. */
    closeSockets: (code: number) => {
      for (const socket of sockets.clients) socket.close(code, 'scripted')
    },
    stop: async () => {
      for (const socket of connections) socket.destroy()
      sockets.close()
      await new Promise((resolve) => http.close(resolve))
    },
  }
}

const UNAUTHENTICATED = JSON.stringify({
  errors: [{ message: 'The token is not valid', extensions: { code: 'UNAUTHENTICATED' } }],
})

/** An error as the server sends it, with its code. */
export function createCodedError(code: string, extensions: Record<string, unknown> = {}): Error {
  return createGraphQLError(`scripted ${code}`, { extensions: { code, ...extensions } })
}

/** A subscription field's value under its name, as the default resolver of the field wants it. */
function addRoots({ Query = {}, Mutation = {}, Subscription = {} }: Script) {
  const wrap = (name: string, subscribe: Resolver): Resolver =>
    async function* wrapped(parent, args) {
      for await (const value of subscribe(parent, args) as AsyncIterable<unknown>) yield { [name]: value }
    }
  const streams = Object.entries(Subscription).map(([name, { subscribe }]) => [
    name,
    { subscribe: wrap(name, subscribe) },
  ])
  return {
    Query,
    Mutation,
    Subscription: Object.fromEntries(streams) as Record<string, { subscribe: Resolver }>,
  }
}
