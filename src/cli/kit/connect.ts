import { join, resolve } from 'node:path'
import { createPawl, PawlAddressError, readAddress } from '@pawl/sdk'
import type { Pawl } from '@pawl/sdk'
import type { Variables } from '../../environment.ts'
import { EXIT, UsageError } from './exitCodes.ts'
import { quoteWord } from '../../text/quoteCommand.ts'
import { fetchOverHttp } from './fetchOverHttp.ts'
import { listLocalServers, nearestServer } from './localServers.ts'
import type { LocalServer } from './localServers.ts'
import { loginOf, originOf, readLogins } from './logins.ts'
import { readLine } from './privateFile.ts'

/** Address of a server, and the token for it. */
export interface ServerAddress {
  readonly url: string
  readonly token: string | undefined
  /** Whether the address was read from the data directory of a server on this machine. */
  readonly isLocal: boolean
  /** Why this server is meant, if nothing names one; null otherwise. */
  readonly chosen: string | null
}

/** Options that name the server. They override the environment, which overrides the data directory. */
export interface AddressOptions {
  readonly url?: string | undefined
  readonly data?: string | undefined
}

/** The data directory: from the options, else from the environment, else `.pawl` in the working directory. */
export function dataDirectory(env: Variables, options: AddressOptions): string {
  return resolve(options.data ?? env['PAWL_DATA'] ?? '.pawl')
}

/**
 * The server that is meant: of the options, else of PAWL_URL, else of the data directory. Where none of them names one: the server of
 * this machine whose data directory stands in a folder above, else the last login, else the only server of this machine. A data
 * directory's token is only sent to the address in the same directory, and a login's to its own.
 *
 * @throws UsageError if there is none, several could be meant, or the address is malformed.
 */
export function findServer(env: Variables, options: AddressOptions): ServerAddress {
  for (const name of ['url', 'data'] as const) {
    if (options[name]?.trim() === '') throw new UsageError(`--${name} is empty: omit it or give it a value`)
  }
  const data = dataDirectory(env, options)
  const address = readLine(join(data, 'address'))
  const named = options.url ?? (options.data ? undefined : env['PAWL_URL'])
  if (named === undefined && address === undefined) return findElsewhere(env, options, data)
  const url = named ?? address ?? ''
  checkAddress(url, options.url !== undefined ? '--url' : named ? 'PAWL_URL' : join(data, 'address'))
  const isLocal = address !== undefined && originOf(url) === originOf(address)
  const ownToken = isLocal ? readLine(join(data, 'token')) : tokenOfOrigin(env, url)
  const token = options.data ? (ownToken ?? givenToken(env)) : (givenToken(env) ?? ownToken)
  return { url, token, isLocal: isLocal && !named, chosen: null }
}

/** The token that this user has for a server that is only named by its address. */
function tokenOfOrigin(env: Variables, url: string): string | undefined {
  const login = loginOf(env, url)
  if (login) return login.token
  const server = listLocalServers(env).find((each) => originOf(each.url) === originOf(url))
  return server && readLine(join(server.data, 'token'))
}

function findElsewhere(env: Variables, options: AddressOptions, data: string): ServerAddress {
  const isNamed = options.data !== undefined || env['PAWL_DATA'] !== undefined
  if (!isNamed) {
    const servers = listLocalServers(env)
    const near = nearestServer(servers, process.cwd())
    if (near) return addressOf(env, near, `its data is in ${near.data}`)
    const [login] = readLogins(env)
    if (login)
      return {
        url: login.url,
        token: givenToken(env) ?? login.token,
        isLocal: false,
        chosen: 'by pawl login',
      }
    const [only, ...others] = servers
    if (only && others.length === 0) return addressOf(env, only, 'the only one of this machine')
    if (only) throw severalServers(servers)
  }
  throw new UsageError(
    `No server is known here (no PAWL_URL, and no address in ${data}).\n` +
      'Start one with: pawl serve\nFor one on another machine: pawl login URL',
    EXIT.fault,
    'NoServer',
  )
}

function addressOf(env: Variables, { url, data }: LocalServer, chosen: string): ServerAddress {
  return { url, token: givenToken(env) ?? readLine(join(data, 'token')), isLocal: true, chosen }
}

function severalServers(servers: readonly LocalServer[]): UsageError {
  const lines = servers.map(({ url, data }) => `${url}  --data ${quoteWord(data)}`)
  return new UsageError(
    ['Several servers run on this machine: name one of them', ...lines].join('\n'),
    EXIT.usage,
    'AmbiguousServer',
  )
}

/**
 * A client of that server. A server of this machine that does not answer has most likely ended, so there are few retries; any other
 * server is given the time to restart.
 */
export function connect({ url, token, isLocal }: ServerAddress): Pawl {
  return createPawl({ url, token, fetch: fetchOverHttp, ...(isLocal && { retry: { attempts: 3 } }) })
}

/**
 * @param where what the address was read from
 * @throws UsageError if it is malformed
 */
export function checkAddress(url: string, where: string): void {
  try {
    readAddress(url)
  } catch (error) {
    if (error instanceof PawlAddressError) throw new UsageError(`${where}: ${error.message}`)
    throw error
  }
}

/** The token from the environment. PAWL_TOKEN_FILE comes first: it is updated for an agent that outlives an owner. */
function givenToken(env: Variables): string | undefined {
  const file = env['PAWL_TOKEN_FILE']
  return (file ? readLine(file) : undefined) ?? env['PAWL_TOKEN']
}
