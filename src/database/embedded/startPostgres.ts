import { spawn } from 'node:child_process'
import type { ChildProcess } from 'node:child_process'
import { constants } from 'node:fs'
import { open, readFile, rename, stat } from 'node:fs/promises'
import type { FileHandle } from 'node:fs/promises'
import { createServer } from 'node:net'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { handOver } from './handOver.ts'
import type { Place } from './place.ts'
import { plainEnvironment } from './plainEnvironment.ts'
import { readPostmasterFile } from './postmasterFile.ts'
import type { PostmasterFile } from './postmasterFile.ts'

/** Settings of `postgres -c`, by name. */
export type PostgresSettings = Readonly<Record<string, string | number>>

const pollMilliseconds = 10
const socketPort = 5432
const stopMilliseconds = 60_000
const logLimitBytes = 10 * 1024 * 1024

/** A PostgreSQL that this process started. */
export interface StartedPostgres extends PostmasterFile {
  /** Resolves when it has ended, with an error that says how. */
  ended: Promise<Error>
}

/** PostgreSQL ended before it accepted connections. */
export class PostgresEndedError extends Error {
  override readonly name = 'PostgresEndedError'

  /** @param output everything it printed */
  constructor(
    readonly output: string,
    cause: Error,
  ) {
    super(cause.message, { cause })
  }
}

/**
 * Starts PostgreSQL on an existing cluster and waits until it accepts connections; there is no timeout while it runs,
 * because recovery after a crash can take any time.
 *
 * It is detached, so that a Ctrl-C for this process does not reach it before its clients are done.
 *
 * @param signal stops it if aborted before it accepts connections
 * @throws {@link PostgresEndedError}
 */
export async function startPostgres(
  place: Place,
  settings: PostgresSettings = {},
  signal?: AbortSignal,
): Promise<StartedPostgres> {
  const log = await openLog(place.logFile)
  const folders = await handOver(place, [place.cluster, place.home])
  try {
    const logStart = (await log.stat()).size
    const args = await listArguments(place, folders.paths, settings)
    const child = spawn(join(place.native, 'bin', 'postgres'), args, {
      cwd: place.home,
      env: plainEnvironment(),
      stdio: ['ignore', log.fd, log.fd, ...folders.descriptors],
      detached: true,
      ...place.user,
    })
    child.unref()
    const ended = watchEnd(child)
    for (;;) {
      if (signal?.aborted) await endStarting(child, ended)
      const failure = await Promise.race([ended, delay(pollMilliseconds, undefined)])
      if (failure) throw new PostgresEndedError(await readFrom(place.logFile, logStart), failure)
      const file = await readPostmasterFile(place.cluster)
      if (file?.pid === child.pid && file?.status === 'ready') return { ...file, ended }
    }
  } finally {
    await folders.close()
    await log.close()
  }
}

/** Opened without following links: under root, the folder belongs to another user. */
async function openLog(path: string): Promise<FileHandle> {
  const size = await stat(path).then(
    (found) => found.size,
    () => 0,
  )
  if (size > logLimitBytes) await rename(path, `${path}.1`)
  const { O_WRONLY, O_APPEND, O_CREAT } = constants
  return open(path, O_WRONLY | O_APPEND | O_CREAT | (constants.O_NOFOLLOW ?? 0), 0o600)
}

function watchEnd(child: ChildProcess): Promise<Error> {
  return new Promise((resolve) => {
    child.once('error', resolve)
    child.once('exit', (code, signal) => {
      resolve(new Error(`postgres ended with ${signal ?? `exit code ${code}`}`))
    })
  })
}

/** Stops a PostgreSQL that is starting. It may be in recovery, which responds to a shutdown. */
async function endStarting(child: ChildProcess, ended: Promise<Error>): Promise<void> {
  child.kill('SIGINT')
  const last = setTimeout(() => child.kill('SIGKILL'), stopMilliseconds)
  await ended
  clearTimeout(last)
}

async function listArguments(
  place: Place,
  [cluster = '', home = '']: readonly string[],
  settings: PostgresSettings,
): Promise<string[]> {
  const listening = await listenSettings(place.home, home, settings)
  const all = { ...baseSettings, ...listening, ...settings }
  return ['-D', cluster, ...Object.entries(all).flatMap(([name, value]) => ['-c', `${name}=${value}`])]
}

const baseSettings: PostgresSettings = {
  cluster_name: 'pawl',
  shared_buffers: '32MB',
  max_connections: 20,
  log_destination: 'stderr',
  logging_collector: 'off',
  lc_messages: 'C',
  timezone: 'UTC',
  log_timezone: 'UTC',
}

/**
 * A private unix socket; loopback TCP if the platform has no unix sockets or the socket's path would be too long.
 *
 * @param called the path by which PostgreSQL refers to the home
 */
async function listenSettings(
  home: string,
  called: string,
  { port }: PostgresSettings,
): Promise<PostgresSettings> {
  if (process.platform !== 'win32' && fitsSocket(home)) {
    return {
      listen_addresses: '',
      port: socketPort,
      unix_socket_directories: `"${called.replaceAll('"', '""')}"`,
      unix_socket_permissions: '0700',
    }
  }
  return { listen_addresses: '127.0.0.1', port: port ?? (await findFreePort()), unix_socket_directories: '' }
}

/** A socket's path is limited to 107 bytes on Linux and 103 on macOS. */
function fitsSocket(home: string): boolean {
  const limit = process.platform === 'darwin' ? 103 : 107
  return Buffer.byteLength(join(home, `.s.PGSQL.${socketPort}`)) <= limit
}

async function findFreePort(): Promise<number> {
  const server = createServer()
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject)
    server.listen(0, '127.0.0.1', resolve)
  })
  const { port } = server.address() as AddressInfo
  await new Promise((resolve) => server.close(resolve))
  return port
}

async function readFrom(path: string, start: number): Promise<string> {
  return (await readFile(path)).subarray(start).toString()
}
