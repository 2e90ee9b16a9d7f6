import { GraphQLError, type ExecutionArgs, type ExecutionResult, type GraphQLSchema } from 'graphql'
import {
  createYoga,
  type GraphQLParams,
  isAsyncIterable,
  type Plugin,
  type YogaServerInstance,
} from 'graphql-yoga'
import type { RequestContext } from '../../graphql/request/context.ts'
import { executeOperation, subscribeOperation } from '../../graphql/request/execute.ts'
import type { Log } from '../../log.ts'
import type { Identity } from '../auth/authenticate.ts'
import { openDocumentCache } from './documentCache.ts'
import { parseWithinLimits } from './documentLimits.ts'
import type { DocumentRequest, KnownDocuments } from './knownDocuments.ts'
import { createMask, toBadRequest } from './maskErrors.ts'
import { meterOperation } from './meterOperation.ts'
import type { Metrics } from '../health/metrics.ts'
import { tellCost } from './tellCost.ts'
import { endable } from '../../iterators/endable.ts'
import type { Stream, Streams } from './streams.ts'

/** Context of an operation, for either transport. */
export interface Operation {
  readonly identity: Identity
  /** `batch`: one of several operations of one HTTP request. */
  readonly transport: 'http' | 'batch' | 'socket'
}

/** Options of the engine. */
export interface EngineOptions {
  readonly schema: GraphQLSchema
  /** Creates the schema's context for a caller. */
  readonly makeContext: (identity: Identity) => RequestContext
  readonly log: Log
  readonly metrics: Metrics
  readonly documents: KnownDocuments
  /** Event streams over HTTP; sockets are counted separately. */
  readonly streams: Streams
}

/** The GraphQL execution that HTTP and WebSockets share: the same limits, metrics and masking for both. */
export type Engine = YogaServerInstance<Operation, object>

/** Path of the GraphQL endpoint. */
export const GRAPHQL_PATH = '/graphql'

/** Most operations of one HTTP request. */
export const MAX_BATCH = 10

/** Creates the engine. The listener is responsible for byte limits, authentication and GraphiQL. */
export function createEngine(options: EngineOptions): Engine {
  const { schema, makeContext, log, metrics, documents, streams } = options
  return createYoga<Operation, object>({
    schema,
    graphqlEndpoint: GRAPHQL_PATH,
    graphiql: false,
    landingPage: false,
    batching: { limit: MAX_BATCH },
    multipart: false,
    cors: false,
    // the listener has limited the bytes already; doing it again would be the largest cost of a small request
    maxRequestBodySize: false,
    parserAndValidationCache: { documentCache: openDocumentCache(), errorCache: openDocumentCache() },
    maskedErrors: { maskError: createMask(log), errorMessage: '' },
    // the mask logs errors
    logging: { debug() {}, info() {}, warn() {}, error() {} },
    plugins: [
      findDocuments(documents),
      limitDocuments,
      execute(makeContext),
      tellCost,
      meter(metrics),
      guardEventStreams(streams),
      passProxies,
    ],
  })
}

type OperationPlugin = Plugin<Operation>

/** Finds the document of a request over HTTP that names one by its id; sockets find theirs before they have params. */
function findDocuments(documents: KnownDocuments): OperationPlugin {
  return {
    onParams({ params, request, setParams }) {
      const { documentId = idInAddress(request), ...rest } = params as Partial<GraphQLParams> &
        DocumentRequest
      const query = documents.textOf({ ...rest, documentId })
      if (query !== undefined) setParams({ ...rest, query })
    },
  }
}

function idInAddress({ method, url }: Request): string | undefined {
  return method === 'GET' ? (new URL(url).searchParams.get('documentId') ?? undefined) : undefined
}

const limitDocuments: OperationPlugin = {
  onParse({ setParseFn }) {
    setParseFn(parseWithinLimits)
  },
}

/** A proxy that buffers or compresses delays a stream: nginx buffers by default. */
export const EVENT_STREAM_HEADERS = {
  'cache-control': 'no-cache, no-transform',
  'x-accel-buffering': 'no',
}

const passProxies: OperationPlugin = {
  onResponse({ response }) {
    if (!response.headers.get('content-type')?.startsWith('text/event-stream')) return
    for (const [name, value] of Object.entries(EVENT_STREAM_HEADERS)) response.headers.set(name, value)
    // `none` is not a registered encoding, and some proxies refuse it
    response.headers.delete('content-encoding')
  },
}

/** Executes operations with the schema's own context, without anything of the transport. */
function execute(makeContext: EngineOptions['makeContext']): OperationPlugin {
  const prepare = (args: ExecutionArgs) => ({
    ...args,
    contextValue: makeContext(operationOf(args).identity),
  })
  return {
    onExecute({ setExecuteFn }) {
      setExecuteFn((args: ExecutionArgs) => executeOperation(prepare(args)))
      return {
        onExecuteDone({ result, setResult }) {
          if (!isAsyncIterable(result)) setResult(withStatus(result))
        },
      }
    },
    onSubscribe({ setSubscribeFn }) {
      setSubscribeFn((args: ExecutionArgs) => subscribeOperation(prepare(args)))
    },
  }
}

/** A request that can't be executed is answered with the status 400, as one with an invalid document. */
function withStatus(result: ExecutionResult): ExecutionResult {
  if ('data' in result || !result.errors) return result
  return { ...result, errors: result.errors.map(toBadRequest) }
}

function operationOf({ contextValue }: ExecutionArgs): Operation {
  return contextValue as Operation
}

function meter(metrics: Metrics): OperationPlugin {
  return {
    onExecute({ args }) {
      const done = meterOperation(metrics, args)
      return {
        onExecuteDone({ result }) {
          if (!isAsyncIterable(result)) done(result)
        },
      }
    },
  }
}

/** Ends event streams when their token, the server or their reader ends. */
function guardEventStreams(streams: Streams): OperationPlugin {
  return {
    onSubscribe({ args, setSubscribeFn }) {
      const { transport, identity } = operationOf(args)
      if (transport === 'batch') setSubscribeFn(() => ({ errors: [refuseStream()] }))
      if (transport !== 'http') return undefined
      return {
        onSubscribeResult({ result, setResult }) {
          if (!isAsyncIterable(result)) return
          const source = result as AsyncIterableIterator<ExecutionResult>
          const iterator = endable(
            () => source.next(),
            () => {
              streams.remove(stream)
              return source.return?.()
            },
          )
          const stream: Stream = {
            credential: identity.credential,
            end(why) {
              if (why === 'STOPPING') return iterator.end()
              iterator.end({ errors: [unauthenticated('The token expired or was revoked.')] })
            },
          }
          if (streams.add(stream)) return setResult(iterator)
          iterator.end()
          setResult({ errors: [tooManyStreams()] })
        },
      }
    },
  }
}

/** The error for a caller without a valid token. */
export function unauthenticated(message: string): GraphQLError {
  return new GraphQLError(message, { extensions: { code: 'UNAUTHENTICATED', http: { status: 401 } } })
}

function refuseStream(): GraphQLError {
  return new GraphQLError('A subscription is sent in a request of its own.', {
    extensions: { code: 'BAD_REQUEST' },
  })
}

function tooManyStreams(): GraphQLError {
  return new GraphQLError('The server has reached its limit of open streams. Try again later.', {
    extensions: { code: 'CONTENDED', http: { status: 503 } },
  })
}
