import { readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { createPawl, PawlAddressError, readAddress } from '@pawl/sdk'
import type { Pawl } from '@pawl/sdk'
import type { Variables } from '../../environment.ts'
import { EXIT, UsageError } from './exitCodes.ts'
import { fetchOverHttp } from './fetchOverHttp.ts'

/** Address of a server, and the token for it. */
export interface ServerAddress {
  readonly url: string
  readonly token: string | undefined
  /** Whether the address was read from the data directory of a server on this machine. */
  readonly isLocal: boolean
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
 * The server named by the options, the environment or the data directory. A data directory's token is only sent to the address in the
 * same directory.
 *
 * @throws UsageError if none of them names a server, or the address is malformed.
 */
export function findServer(env: Variables, options: AddressOptions): ServerAddress {
  for (const name of ['url', 'data'] as const) {
    if (options[name]?.trim() === '') throw new UsageError(`--${name} is empty: omit it or give it a value`)
  }
  const data = dataDirectory(env, options)
  const address = readLine(join(data, 'address'))
  const named = options.url ?? (options.data ? undefined : env['PAWL_URL'])
  const url = named ?? address
  if (!url) {
    throw new UsageError(
      `No server is known here (no PAWL_URL, and no address in ${data}).\nStart one with: pawl serve`,
      EXIT.fault,
      'NoServer',
    )
  }
  checkAddress(url, options.url !== undefined ? '--url' : named ? 'PAWL_URL' : join(data, 'address'))
  const isLocal = address !== undefined && originOf(url) === originOf(address)
  const ownToken = isLocal ? readLine(join(data, 'token')) : undefined
  const token = options.data ? (ownToken ?? givenToken(env)) : (givenToken(env) ?? ownToken)
  return { url, token, isLocal: isLocal && !named }
}

/**
 * A client of that server. A server of this machine that does not answer has most likely ended, so there are few retries; any other
 * server is given the time to restart.
 */
export function connect(env: Variables, options: AddressOptions): Pawl {
  const { url, token, isLocal } = findServer(env, options)
  return createPawl({ url, token, fetch: fetchOverHttp, ...(isLocal && { retry: { attempts: 3 } }) })
}

/** @param where what the address was read from */
function checkAddress(url: string, where: string): void {
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

function originOf(url: string): string | undefined {
  return URL.canParse(url) ? new URL(url).origin : undefined
}

function readLine(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8').trim() || undefined
  } catch {
    return undefined
  }
}
