import { existsSync, readdirSync } from 'node:fs'
import { delimiter, join } from 'node:path'

/** Thrown where the test can't run. */
export class UnavailableError extends Error {
  override readonly name = 'UnavailableError'
}

const POSTGRES = '/usr/lib/postgresql'
/** The programs by the package of Debian's that brings them. */
const PACKAGES: Readonly<Record<string, readonly string[]>> = {
  patroni: ['patroni'],
  'etcd-server': ['etcd'],
  haproxy: ['haproxy'],
  iproute2: ['ip'],
  'util-linux': ['unshare', 'nsenter', 'mount'],
}

/** The folder with the programs of the newest PostgreSQL. @throws UnavailableError where something is missing, with all of it */
export function findPrograms(): string {
  const folders = (process.env['PATH'] ?? '').split(delimiter)
  const isThere = (program: string) => folders.some((folder) => existsSync(join(folder, program)))
  const missing = Object.keys(PACKAGES).filter((name) => !PACKAGES[name]?.every(isThere))
  const versions = existsSync(POSTGRES) ? readdirSync(POSTGRES).filter((name) => /^\d+$/.test(name)) : []
  const newest = versions.toSorted((a, b) => Number(a) - Number(b)).at(-1)
  const bin = join(POSTGRES, newest ?? '', 'bin')
  if (!existsSync(join(bin, 'postgres'))) missing.push('postgresql')
  if (missing.length > 0)
    throw new UnavailableError(`Not tried, because Debian's packages are missing: ${missing.join(', ')}.`)
  if (process.getuid?.() !== 0)
    throw new UnavailableError('Not tried: each machine is a network namespace, which takes root.')
  return bin
}
