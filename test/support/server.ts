import { openForgetfulWriter } from './callers.ts'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Writable } from 'node:stream'
import type { PoolConfig } from 'pg'
import { SYSTEM } from '../../src/commands/kit/context.ts'
import { createToken } from '../../src/commands/account/tokens.ts'
import { issued } from './issued.ts'
import { type Config, configSchema } from '../../src/config.ts'
import type { Role } from '../../src/lifecycle/run/enums.ts'
import { createLog } from '../../src/log.ts'
import { type RunningServer, startServer } from '../../src/server/startServer.ts'
import { openStore, type Store } from '../../src/store/sql/openStore.ts'
import { createTestDatabase, type TestDatabase } from './database.ts'

/** Options of `startTestServer`. */
export interface TestServerOptions {
  /** Merged over the defaults. */
  readonly config?: Partial<Config>
  /** A database that several servers share; the test drops it. Default: a separate one. */
  readonly database?: TestDatabase
}

/** A token to create. */
export interface TestToken {
  readonly role: Role
  readonly name?: string
  readonly projects?: readonly string[]
  readonly expiresInSeconds?: number
}

/** A real server in this process, on a test database, at a free port. */
export interface TestServer extends RunningServer {
  /** The local ADMIN token, as programs on this machine find it. */
  readonly adminToken: string
  readonly dataDir: string
  /** Reads the server's database directly. */
  readonly store: Store
  /** The lines of the server's log. */
  readonly logged: readonly string[]
  /** Creates a token, and returns its id and secret. */
  createToken(token: TestToken): Promise<{ id: string; secret: string }>
  /** Stops the server and removes its files; rejects if it leaked a connection. */
  stop(): Promise<void>
}

/** Starts a server; stop it in `afterAll`. */
export async function startTestServer(options: TestServerOptions = {}): Promise<TestServer> {
  const database = options.database ?? (await createTestDatabase())
  const dataDir = await mkdtemp(join(tmpdir(), 'pawl-server-'))
  const logged: string[] = []
  const destination = new Writable({
    write(chunk, _encoding, done) {
      logged.push(String(chunk))
      done()
    },
  })
  const config = configSchema.parse({
    port: 0,
    data: dataDir,
    databaseUrl: toUrl(database.poolConfig),
    logLevel: 'debug',
    ...options.config,
  })
  const server = await startServer({
    config,
    log: createLog({ level: config.logLevel, destination }),
    openWriter: openForgetfulWriter,
  })
  const store = openStore({ ...database.poolConfig, max: 2 })
  let tokens = 0
  return {
    ...server,
    adminToken: (await readFile(join(dataDir, 'token'), 'utf8')).trim(),
    dataDir,
    store,
    logged,
    async createToken({
      role,
      name = `${role.toLowerCase()}${++tokens}`,
      projects = [],
      expiresInSeconds = null,
    }) {
      const answer = await createToken({ store }, SYSTEM, {
        principal: { name },
        role,
        projects,
        expiresInSeconds,
      })
      const { token, secret } = issued(answer)
      return { id: token.id, secret }
    },
    async stop() {
      await server.close('test')
      await store.close()
      await rm(dataDir, { recursive: true })
      if (!options.database) await database.drop()
    },
  }
}

/** The `DATABASE_URL` of a database. */
export function toUrl({ host, port, user, password, database }: PoolConfig): string {
  const secret = typeof password === 'string' ? `:${encodeURIComponent(password)}` : ''
  const url = `postgresql://${user}${secret}@localhost:${port}/${database}`
  return `${url}?host=${encodeURIComponent(host ?? '127.0.0.1')}`
}

/** Options of a request. */
export interface AskOptions {
  readonly token?: string
  readonly variables?: Record<string, unknown>
  readonly headers?: Record<string, string>
}

/** A GraphQL answer with its HTTP status. */
export interface Answer {
  readonly status: number
  readonly headers: Headers
  readonly data: Record<string, never> | null | undefined
  readonly errors:
    | readonly { message: string; path?: string[]; extensions?: Record<string, unknown> }[]
    | undefined
}

/** Sends an operation over HTTP. */
export async function ask(
  { url }: { readonly url: string },
  query: string,
  options: AskOptions = {},
): Promise<Answer> {
  const { token, variables, headers = {} } = options
  const response = await fetch(`${url}/graphql`, {
    method: 'POST',
    headers: {
      'content-type': 'application/json',
      accept: 'application/graphql-response+json',
      ...(token !== undefined && { authorization: `Bearer ${token}` }),
      ...headers,
    },
    body: JSON.stringify({ query, variables }),
  })
  const body = (await response.json()) as Pick<Answer, 'data' | 'errors'>
  return { status: response.status, headers: response.headers, data: body.data, errors: body.errors }
}
