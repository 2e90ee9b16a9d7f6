import type { IncomingMessage } from 'node:http'
import { type ExecutionArgs, getOperationAST, GraphQLError } from 'graphql'
import { type Context, makeServer, type Server, type ServerOptions, type SubscribePayload } from 'graphql-ws'
import type { WebSocket } from 'ws'
import type { Log } from '../../log.ts'
import { type Authenticator, type Identity, readBearer } from '../auth/authenticate.ts'
import { guestOriginOf, type OriginOptions } from '../http/origins.ts'
import { type Engine, type Operation, unauthenticated } from '../engine/engine.ts'
import type { DocumentRequest, KnownDocuments } from '../engine/knownDocuments.ts'
import { createMask, toSocketError } from '../engine/maskErrors.ts'
import type { Stream, Streams } from '../engine/streams.ts'
import type { Pace } from './pace.ts'

/** Close codes besides those of the protocol. Clients of graphql-ws retry after each except the last. */
export const CLOSE = {
  /** The token is missing, unknown, expired or revoked: retry with another one. */
  forbidden: 4403,
  /** The message exceeds the limits. */
  tooLarge: 1009,
  /** The server stops: another one takes over. */
  restart: 1012,
  /** Too many sockets, or more at once than are let in, or the database is unavailable. */
  tryLater: 1013,
  /** Internal error. */
  fault: 4500,
} as const

/** Why a socket is closed with `tryLater` where the database is there. */
export const TOO_MANY = 'Too many sockets'

/** How long a client may take to send `connection_init`, in milliseconds. */
const INIT_TIMEOUT_MS = 5000

/** A socket and, once authenticated, its identity. */
export interface Connection {
  readonly socket: WebSocket
  readonly request: IncomingMessage
  /** Called when the client has said who it is, which is not looked up yet. */
  readonly onIntroduced: () => void
  /** Called when the client is authenticated. */
  readonly onAuthenticated: () => void
  identity?: Identity
  stream?: Stream
}

/** Options of the protocol. */
export interface ProtocolOptions {
  readonly engine: Engine
  readonly documents: KnownDocuments
  readonly authenticator: Authenticator
  readonly log: Log
  /** Authenticated sockets. */
  readonly streams: Streams
  /** When sockets may be authenticated. */
  readonly pace: Pace
  readonly maxSubscriptionsPerSocket: number
}

type Socket = Context<Record<string, unknown> | undefined, Connection>
type Protocol = ServerOptions<Record<string, unknown> | undefined, Connection>
type Enveloped = ReturnType<Engine['getEnveloped']>
type MakeEnveloped = (initialContext: Operation & { params: SubscribePayload }) => Enveloped

/**
 * The protocol graphql-transport-ws on the engine: operations have the same limits, checks and masking as over HTTP. An invalid document
 * is an error of its operation and does not affect the socket.
 */
export function createProtocol(options: ProtocolOptions & OriginOptions): {
  readonly server: Server<Connection>
  /** How many operations are open on all sockets. */
  countOperations(): number
} {
  const { engine, documents, authenticator, streams, pace, maxSubscriptionsPerSocket } = options
  const getEnveloped = engine.getEnveloped as unknown as MakeEnveloped
  const mask = createMask(options.log)
  const open = new Set<Socket>()
  const begun = new WeakMap<ExecutionArgs, Enveloped>()

  /** Authenticates a client: by a token in the payload or, for a page, by the cookie of the upgrade request. */
  async function authenticate(context: Socket): Promise<boolean> {
    const { connectionParams, extra } = context
    const authorization = connectionParams?.['authorization'] ?? connectionParams?.['Authorization']
    extra.onIntroduced()
    const { socket, request } = extra
    const isOpen = (): boolean => socket.readyState === socket.OPEN
    if (!(await pace.enter(request.socket.remoteAddress ?? '', isOpen))) {
      socket.close(CLOSE.tryLater, TOO_MANY)
      return false
    }
    if (!isOpen()) return false
    const identity = await findIdentity(authorization, extra.request)
    // an agent whose claim is over can't read
    if (!identity?.isLive) return false
    const stream: Stream = {
      credential: identity.credential,
      end(why) {
        if (why === 'STOPPING') socket.close(CLOSE.restart, 'Service restart')
        else socket.close(CLOSE.forbidden, 'Token expired or revoked')
      },
    }
    if (!isOpen()) return false
    if (!streams.add(stream)) {
      socket.close(CLOSE.tryLater, TOO_MANY)
      return false
    }
    open.add(context)
    extra.identity = identity
    extra.stream = stream
    extra.onAuthenticated()
    return true
  }

  async function findIdentity(authorization: unknown, request: IncomingMessage): Promise<Identity | null> {
    if (authorization !== undefined) {
      const token = typeof authorization === 'string' ? readBearer(authorization) : null
      return token === null ? null : authenticator.byToken(token)
    }
    const { cookie, origin } = request.headers
    const isOwnPage = origin !== undefined && guestOriginOf(request, options) === undefined
    return isOwnPage ? authenticator.bySession(cookie) : null
  }

  async function begin(
    { extra, subscriptions }: Socket,
    payload: SubscribePayload & DocumentRequest,
  ): Promise<ExecutionArgs | readonly GraphQLError[]> {
    const { identity, socket } = extra
    if (!identity) return [unauthenticated('The socket is not authenticated.')]
    if (Object.keys(subscriptions).length > maxSubscriptionsPerSocket)
      return [tooMany(maxSubscriptionsPerSocket)]
    if (!(await authenticator.isValid(identity.credential))) {
      socket.close(CLOSE.forbidden, 'Token expired or revoked')
      return [unauthenticated('The token expired or was revoked.')]
    }
    const params = { ...payload, query: documents.textOf(payload) ?? payload.query }
    const enveloped = getEnveloped({ identity, transport: 'socket', params })
    const document = enveloped.parse(params.query)
    const errors = enveloped.validate(enveloped.schema, document)
    if (errors.length > 0) return errors as GraphQLError[]
    if (!getOperationAST(document, payload.operationName))
      return [new GraphQLError('The operation name is missing or unknown.')]
    const args: ExecutionArgs = {
      schema: enveloped.schema,
      document,
      operationName: payload.operationName ?? null,
      variableValues: payload.variables ?? null,
      contextValue: await enveloped.contextFactory(),
    }
    begun.set(args, enveloped)
    return args
  }

  const protocol: Protocol = {
    connectionInitWaitTimeout: INIT_TIMEOUT_MS,
    onConnect: authenticate,
    async onSubscribe(socket, _id, payload) {
      try {
        return await begin(socket, payload)
      } catch (error) {
        return [toSocketError(toGraphQLError(mask(error, '')))]
      }
    },
    execute: (args) => begun.get(args)?.execute(args),
    subscribe: (args) => begun.get(args)?.subscribe(args),
    onNext(_socket, _id, _payload, _args, { data, errors, extensions }) {
      if (!errors) return undefined
      return {
        errors: errors.map((error) => toSocketError(error).toJSON()),
        ...(data !== undefined && { data }),
        ...(extensions && { extensions }),
      }
    },
    onError: (_socket, _id, _payload, errors) =>
      errors.map((error) => toSocketError(toGraphQLError(error)).toJSON()),
    onClose(socket) {
      open.delete(socket)
      const { extra } = socket
      if (extra.stream) streams.remove(extra.stream)
    },
  }
  return {
    server: makeServer(protocol),
    countOperations: () =>
      [...open].reduce((count, { subscriptions }) => count + Object.keys(subscriptions).length, 0),
  }
}

function toGraphQLError(error: Error | { readonly message: string }): GraphQLError {
  return error instanceof GraphQLError ? error : new GraphQLError(error.message)
}

function tooMany(limit: number): GraphQLError {
  return new GraphQLError(`A socket can have at most ${limit} operations at a time.`, {
    extensions: { code: 'TOO_MANY_SUBSCRIPTIONS' },
  })
}
