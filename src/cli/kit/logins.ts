import { join } from 'node:path'
import type { Variables } from '../../environment.ts'
import { readJsonFile, userFolder, writePrivateFile } from './privateFile.ts'

/** A server that this user has logged in to. */
export interface Login {
  readonly url: string
  readonly token: string
}

/** The logins of a user: one for each origin, the last one first. */
export function readLogins(env: Variables): Login[] {
  const kept = readJsonFile(fileOf(env)) as { readonly logins?: unknown } | undefined
  return Array.isArray(kept?.logins) ? kept.logins.filter(isLogin) : []
}

/** Keeps a login, before all others; one of the same origin is replaced. */
export function keepLogin(env: Variables, login: Login): void {
  writeLogins(env, [login, ...otherLogins(env, login.url)])
}

/** Removes the login of this origin. Returns false if there is none. */
export function removeLogin(env: Variables, url: string): boolean {
  const others = otherLogins(env, url)
  const isThere = others.length < readLogins(env).length
  if (isThere) writeLogins(env, others)
  return isThere
}

/** The login of an origin. */
export function loginOf(env: Variables, url: string): Login | undefined {
  return readLogins(env).find((login) => originOf(login.url) === originOf(url))
}

/** Scheme, host and port of an address; undefined if it is malformed. */
export function originOf(url: string): string | undefined {
  return URL.canParse(url) ? new URL(url).origin : undefined
}

/** The file that holds the logins, tokens included: readable for this user only. */
export const fileOf = (env: Variables): string => join(userFolder(env), 'logins.json')

const otherLogins = (env: Variables, url: string): Login[] =>
  readLogins(env).filter((login) => originOf(login.url) !== originOf(url))

function writeLogins(env: Variables, logins: readonly Login[]): void {
  writePrivateFile(fileOf(env), `${JSON.stringify({ logins }, null, 2)}\n`)
}

function isLogin(value: unknown): value is Login {
  const { url, token } = (value ?? {}) as Partial<Login>
  return typeof url === 'string' && URL.canParse(url) && typeof token === 'string'
}
