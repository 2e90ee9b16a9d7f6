import { spawn } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { existsSync } from 'node:fs'
import { chown, mkdir, open, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises'
import { basename, join } from 'node:path'
import { DatabaseError } from '../kit/databaseErrors.ts'
import { explainFailure } from './explainFailure.ts'
import { handOver } from './handOver.ts'
import type { Place } from './place.ts'
import { plainEnvironment } from './plainEnvironment.ts'

/** The superuser of PostgreSQL, and the only role of an embedded database. */
export const embeddedUser = 'pawl'

const clusterOptions = [
  `--username=${embeddedUser}`,
  '--auth=scram-sha-256',
  '--encoding=UTF8',
  '--locale=C',
  '--locale-provider=builtin',
  '--builtin-locale=C.UTF-8',
]
const passwordName = 'pawl.password'
const unfinishedPrefix = 'cluster.new-'

/**
 * Creates the database cluster below `place.home` unless it exists.
 *
 * It is created in a temporary directory and renamed, so that a cluster under its final name is complete. The password
 * is stored in the cluster itself (mode 0600), so that neither can be lost or restored without the other.
 *
 * @param durable false skips syncing to disk, for temporary databases
 * @param signal aborts, and removes everything created so far
 */
export async function initCluster(place: Place, durable: boolean, signal?: AbortSignal): Promise<void> {
  await removeUnfinished(place.home)
  if (!existsSync(place.cluster)) await createCluster(place, durable, signal)
}

async function createCluster(place: Place, durable: boolean, signal: AbortSignal | undefined): Promise<void> {
  const making = join(place.home, `${unfinishedPrefix}${process.pid}`)
  const passwordFile = `${making}.password`
  await writeFile(passwordFile, randomBytes(32).toString('hex'), { mode: 0o600, flag: 'wx' })
  if (place.user) await chown(passwordFile, place.user.uid, place.user.gid)
  await mkdir(making, { mode: 0o700 })
  if (place.user) await chown(making, place.user.uid, place.user.gid)
  const { paths, descriptors, close } = await handOver(place, [making, place.home])
  const [folder = '', home = ''] = paths
  const args = ['-D', folder, `--pwfile=${join(home, basename(passwordFile))}`]
  try {
    await runInitdb(place, [...args, ...(durable ? [] : ['--no-sync'])], descriptors, signal)
  } finally {
    await close()
  }
  await rename(passwordFile, join(making, passwordName))
  if (durable) {
    await syncPath(join(making, passwordName))
    await syncPath(making)
  }
  await rename(making, place.cluster)
  if (durable) await syncPath(place.home)
}

async function runInitdb(
  place: Place,
  args: readonly string[],
  descriptors: readonly number[],
  signal: AbortSignal | undefined,
): Promise<void> {
  const child = spawn(join(place.native, 'bin', 'initdb'), [...clusterOptions, ...args], {
    cwd: place.home,
    env: plainEnvironment(),
    stdio: ['ignore', 'pipe', 'pipe', ...descriptors],
    ...place.user,
  })
  const end = (): void => void child.kill('SIGTERM')
  if (signal?.aborted) end()
  signal?.addEventListener('abort', end, { once: true })
  let output = ''
  for (const stream of [child.stdout, child.stderr])
    stream?.on('data', (chunk: Buffer) => (output += chunk.toString()))
  const failure = await new Promise<Error | undefined>((resolve) => {
    child.on('error', resolve)
    child.on('close', (code, signal) => {
      resolve(code === 0 ? undefined : new Error(`initdb ended with ${signal ?? `exit code ${code}`}`))
    })
  })
  signal?.removeEventListener('abort', end)
  if (failure === undefined) return
  await removeUnfinished(place.home)
  signal?.throwIfAborted()
  throw explainFailure(output, place, failure)
}

/** The password of a cluster's only role. */
export async function readPassword(cluster: string): Promise<string> {
  const path = join(cluster, passwordName)
  try {
    return await readFile(path, 'utf8')
  } catch (cause) {
    throw new DatabaseError(
      'DATA_DIR_UNUSABLE',
      `The embedded database's password can't be read from ${path}. Restore that file from a backup of the directory, ` +
        'or, if there is nothing to keep, delete the directory.',
      { cause },
    )
  }
}

/** Removes what an earlier start left unfinished. If it was killed, its initdb may still be writing for a moment. */
async function removeUnfinished(home: string): Promise<void> {
  for (const name of await readdir(home)) {
    if (name.startsWith(unfinishedPrefix))
      await rm(join(home, name), { recursive: true, force: true, maxRetries: 20, retryDelay: 50 })
  }
}

async function syncPath(path: string): Promise<void> {
  const handle = await open(path, 'r')
  try {
    await handle.sync()
  } finally {
    await handle.close()
  }
}
