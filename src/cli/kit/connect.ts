import { readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { createPawl, PawlAddressError, readAddress } from '@pawl/sdk'
import type { Pawl } from '@pawl/sdk'
import type { Variables } from '../../environment.ts'
import { EXIT, UsageError } from './exitCodes.ts'

/** Where a server is reached, and how that was found out. */
export interface ServerAddress {
  readonly url: string
  readonly token: string | undefined
  /** Whether the address was left behind by a server on this machine. */
  readonly isLocal: boolean
}

/** What names the server: options, which beat the environment, which beats the data directory. */
export interface AddressOptions {
  readonly url?: string | undefined
  readonly data?: string | undefined
}

/** The data directory that options and environment name; default `.pawl` in the working directory. */
export function dataDirectory(env: Variables, options: AddressOptions): string {
  return resolve(options.data ?? env['PAWL_DATA'] ?? '.pawl')
}

/**
 * The server that options, environment and data directory name. The data directory's token goes to that directory's
 * server only, never to another address.
 *
 * @throws UsageError where none of them names a server, or what does is no address.
 */
export function findServer(env: Variables, options: AddressOptions): ServerAddress {
  for (const name of ['url', 'data'] as const) {
    if (options[name]?.trim() === '')
      throw new UsageError(`--${name} is empty: leave it out, or give it a value`)
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
 * A client of that server. One left behind by a server of this machine that does not answer has most likely ended, so it
 * is not asked for long; any other gets the time of a restart.
 */
export function connect(env: Variables, options: AddressOptions): Pawl {
  const { url, token, isLocal } = findServer(env, options)
  return createPawl({ url, token, ...(isLocal && { retry: { attempts: 3 } }) })
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

/** The token of the environment. A file of it is kept up to date for an agent that outlives an owner, so it comes first. */
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
