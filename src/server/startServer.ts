import type { Config } from '../config.ts'
import type { Writer } from '../commands/kit/context.ts'
import { openWriter as openSharedWriter } from '../commands/kit/openWriter.ts'
import type { RequestContext } from '../graphql/request/context.ts'
import type { Store } from '../store/sql/openStore.ts'
import { schema } from '../graphql/schema.ts'
import type { Log } from '../log.ts'
import { createAuthenticator, type Identity } from './auth/authenticate.ts'
import { createDashboard } from './pages/dashboard.ts'
import { createDocumentation } from './pages/documentation.ts'
import { createEngine } from './engine/engine.ts'
import { openKnownDocuments } from './engine/knownDocuments.ts'
import { createGraphiql } from './pages/graphiql.ts'
import { createDatabaseCheck } from './health/health.ts'
import { openHttpServer } from './http/httpServer.ts'
import { startTimers } from './timers.ts'
import { createListener } from './listener.ts'
import { ensureLocalToken, removeAddress, writeAddress } from './auth/localToken.ts'
import { createMcpEndpoint } from './mcp/mcpEndpoint.ts'
import { createTools } from './mcp/createTools.ts'
import { watchForRestores } from './health/restoreWatch.ts'
import { createMetrics } from './health/metrics.ts'
import { type Backend, openBackend } from './openBackend.ts'
import { DOCUMENTS_FILE, VERSION } from './kit/packageRoot.ts'
import { createSessionCookies } from './auth/sessionCookies.ts'
import { createSignIn } from './pages/signIn.ts'
import { SignInCodes } from './auth/signInCodes.ts'
import { createSocketServer } from './socket/socketServer.ts'
import { Streams } from './engine/streams.ts'
import { Teardown } from './kit/teardown.ts'

/** Options of `startServer`. */
export interface StartServerOptions {
  readonly config: Config
  readonly log: Log
  /** Cancels the start: what is open already is closed, and the call rejects. */
  readonly signal?: AbortSignal | undefined
  /** Opens what all commands go through on their way to the database; default: a writer that gathers and remembers runs. */
  readonly openWriter?: (store: Store) => Writer
}

/** A running server. */
export interface RunningServer {
  /** Its address: `http://127.0.0.1:4400`. */
  readonly url: string
  /** Signs in one browser, once, within minutes. Must not be logged. */
  readonly signInUrl: string
  /** Which PostgreSQL it uses, and whether that was left running by a killed server. */
  readonly database: {
    readonly kind: 'embedded' | 'given'
    readonly adopted: boolean
    /** The folder of the embedded database, if the data directory only has a link to it: a copy of that is no backup. */
    readonly elsewhere?: string
  }
  /**
   * Resolves, with the reason, if the server fails: its embedded database ended too often, or the database was restored from a backup
   * under it. It must be closed then.
   */
  readonly failed: Promise<Error>
  /**
   * Stops in order: accepts nothing new, ends streams so that clients reconnect elsewhere, finishes running requests (for at most
   * `drainSeconds`), closes the database. Calling it again waits for the same stop.
   * @param reason for the log
   */
  close(reason: string): Promise<void>
}

/**
 * Starts a server: opens and migrates the database, registers the built-in workflows, listens, and starts the timers.
 *
 * @throws DatabaseError if the database can't be used or the data directory is in use by another server
 * @throws ListenError if listening fails
 */
export async function startServer({
  config,
  log,
  signal,
  openWriter = openSharedWriter,
}: StartServerOptions): Promise<RunningServer> {
  const teardown = new Teardown()
  try {
    const backend = await openBackend({ config, log, teardown, signal, openWriter })
    signal?.throwIfAborted()
    return await openFront(config, log, backend, teardown)
  } catch (error) {
    // the error of the start is the one to report
    await teardown.run().catch((err: unknown) => log.warn({ err }, 'server.stop_failed'))
    throw error
  }
}

async function openFront(
  config: Config,
  log: Log,
  backend: Backend,
  teardown: Teardown,
): Promise<RunningServer> {
  const { commands, installation, agentTokens, pageTokens, tails, database, olderServers } = backend
  const { store } = commands
  const { sessionSeconds, maxStreams, maxStreamsPerToken, maxBodyBytes, maxSubscriptionsPerSocket } = config
  const { allowedOrigins } = config
  const publicUrl = config.publicUrl && new URL(config.publicUrl).origin
  let isStopping = false

  const sessions = createSessionCookies({
    installationId: installation.id,
    secret: installation.secret,
    seconds: sessionSeconds,
  })
  const authenticator = createAuthenticator({ store, agentTokens, pageTokens, sessions })
  backend.onRevoked = authenticator.forget
  const codes = new SignInCodes()
  const eventStreams = new Streams(maxStreams, maxStreamsPerToken)
  const socketStreams = new Streams(maxStreams, maxStreamsPerToken)
  const metrics = createMetrics({
    pool: store.pool,
    countSubscriptions: () => ({ http: eventStreams.size, socket: sockets.countSubscriptions() }),
    countSockets: () => sockets.countSockets(),
  })
  const makeContext = ({ caller, isLive }: Identity): RequestContext => ({
    commands,
    caller,
    isLive,
    version: VERSION,
    streams: tails,
  })
  const documents = openKnownDocuments({
    files: [DOCUMENTS_FILE, ...config.documentFiles],
    areOnly: config.documents === 'trusted',
  })
  const engine = createEngine({ schema, makeContext, log, metrics, documents, streams: eventStreams })
  const sockets = createSocketServer({
    engine,
    documents,
    authenticator,
    log,
    metrics,
    streams: socketStreams,
    maxMessageBytes: maxBodyBytes,
    maxSubscriptionsPerSocket,
    publicUrl,
    allowedOrigins,
  })
  const findDatabaseObstacle = createDatabaseCheck({
    connection: store.pool,
    folder: database.kind === 'embedded' ? config.data : undefined,
    lastWrite: () => time.lastWrite(),
  })
  const dashboard = createDashboard()
  const stopping = new AbortController()
  const mcp = createMcpEndpoint(createTools(engine, log, stopping.signal))
  const listener = createListener({
    engine,
    mcp,
    authenticator,
    signIn: createSignIn({ authenticator, sessions, codes, dashboard, metrics, publicUrl }),
    dashboard,
    documentation: createDocumentation(),
    graphiql: createGraphiql({ isOff: documents.areOnly }),
    metrics,
    log,
    maxBodyBytes,
    publicUrl,
    allowedOrigins,
    findObstacle: async () => (isStopping ? 'the server is stopping' : findDatabaseObstacle()),
    isStopping: () => isStopping,
  })

  const localTokenId = await ensureLocalToken(store, config.data)
  const restores = watchForRestores(config.data, installation)
  const time = startTimers({
    commands,
    authenticator,
    streams: [eventStreams, socketStreams],
    metrics,
    log,
    onBeat: restores.note,
    lookForOlderServers: olderServers.look,
    sweepSeconds: config.sweepSeconds,
  })
  teardown.add(() => time.stop())
  backend.onChange = time.noteChange
  const http = await openHttpServer({
    host: config.host,
    port: config.port,
    onRequest: listener,
    onUpgrade: sockets.upgrade,
  })
  teardown.add(() => drain(config.drainSeconds))
  await writeAddress(config.data, http.url)
  teardown.add(() => removeAddress(config.data))
  log.info({ url: http.url, version: VERSION, database: database.kind }, 'server.start_completed')

  /** Ends streams at once, so that clients reconnect elsewhere; running requests get this many seconds. */
  async function drain(seconds: number): Promise<void> {
    isStopping = true
    const closed = Promise.all([http.stop(), sockets.stop()])
    stopping.abort(new Error('the server stops'))
    eventStreams.stop()
    const deadline = setTimeout(() => {
      log.warn({ seconds, reason: 'requests were still under way' }, 'server.drain_failed')
      sockets.terminate()
      http.terminate()
    }, seconds * 1000)
    await closed
    clearTimeout(deadline)
  }

  async function close(reason: string): Promise<void> {
    log.info({ reason }, 'server.stop_started')
    await teardown.run()
    log.info('server.stop_completed')
  }

  let closing: Promise<void> | undefined
  return {
    url: http.url,
    signInUrl: `${publicUrl ?? http.url}/sign-in?code=${codes.issue(localTokenId)}`,
    database: {
      kind: database.kind,
      adopted: database.adopted,
      ...(database.elsewhere !== undefined && { elsewhere: database.elsewhere }),
    },
    failed: Promise.race([database.failed, restores.failed]),
    close: (reason) => (closing ??= close(reason)),
  }
}
