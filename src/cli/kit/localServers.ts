import { createHash } from 'node:crypto'
import { readdirSync, rmSync } from 'node:fs'
import { hostname } from 'node:os'
import { dirname, join, relative, sep } from 'node:path'
import type { Variables } from '../../environment.ts'
import { findProcess } from '../../processes/processTable.ts'
import { readJsonFile, readLine, userFolder, writePrivateFile } from './privateFile.ts'

/** A server of this user on this machine, as it has registered itself. */
export interface LocalServer {
  readonly url: string
  /** Its data directory, which holds its token. */
  readonly data: string
}

interface Entry extends LocalServer {
  readonly host: string
  readonly pid: number
}

/**
 * Registers a server of this process, so that commands find it from any directory. The entry holds no secret. Returns what removes it; a
 * folder that can't be written leaves the server unregistered.
 */
export function registerServer(env: Variables, { url, data }: LocalServer): () => void {
  const path = join(folderOf(env), `${createHash('sha256').update(data).digest('hex').slice(0, 16)}.json`)
  const entry: Entry = { url, data, host: hostname(), pid: process.pid }
  try {
    writePrivateFile(path, `${JSON.stringify(entry)}\n`)
  } catch {
    return () => undefined
  }
  return () => {
    // another server may have been started on the same data directory since
    if (readEntry(path)?.pid === process.pid) rmSync(path, { force: true })
  }
}

/** The servers of this user that run on this machine. Entries of servers that were killed are removed. */
export function listLocalServers(env: Variables): LocalServer[] {
  const folder = folderOf(env)
  const servers = namesIn(folder).flatMap((name) => {
    const path = join(folder, name)
    const entry = readEntry(path)
    // the folder may be shared with other machines: their processes can't be looked up from here
    if (!entry || entry.host !== hostname()) return []
    if (findProcess(entry.pid)?.isLiving && readLine(join(entry.data, 'address')) === entry.url)
      return [{ url: entry.url, data: entry.data }]
    rmSync(path, { force: true })
    return []
  })
  return servers.toSorted((a, b) => (a.url < b.url ? -1 : 1))
}

/** The server whose data directory stands in this directory or in the nearest one above it. */
export function nearestServer(servers: readonly LocalServer[], directory: string): LocalServer | undefined {
  const above = servers.filter(({ data }) => {
    const way = relative(dirname(data), directory)
    return way === '' || (way !== '..' && !way.startsWith(`..${sep}`))
  })
  return above.toSorted((a, b) => b.data.length - a.data.length)[0]
}

const folderOf = (env: Variables): string => join(userFolder(env), 'servers')

function namesIn(folder: string): string[] {
  try {
    return readdirSync(folder).filter((name) => name.endsWith('.json'))
  } catch {
    return []
  }
}

function readEntry(path: string): Entry | undefined {
  const entry = readJsonFile(path) as Partial<Entry> | undefined
  const { url, data, host, pid } = entry ?? {}
  if (typeof url !== 'string' || typeof data !== 'string') return undefined
  if (typeof host !== 'string' || typeof pid !== 'number' || pid <= 0) return undefined
  return { url, data, host, pid }
}
