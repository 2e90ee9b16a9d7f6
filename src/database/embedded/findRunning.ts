import { realpath } from 'node:fs/promises'
import { Client } from 'pg'
import { connectEmbedded } from './connectEmbedded.ts'
import { isHandedOver } from './handOver.ts'
import { readPassword } from './initCluster.ts'
import { findPostgresProgram } from './inspectProcess.ts'
import { readPostmasterFile } from './postmasterFile.ts'
import type { PostmasterFile } from './postmasterFile.ts'

const answerMilliseconds = 5_000

/** The PostgreSQL running on a cluster, started by any process, if it is ready and responds; undefined otherwise. */
export async function findRunning(cluster: string): Promise<PostmasterFile | undefined> {
  const file = await readPostmasterFile(cluster)
  if (file?.status !== 'ready' || !(await findPostgresProgram(file.pid, cluster))) return undefined
  return (await answers(cluster, file)) ? file : undefined
}

/** Whether a ready PostgreSQL, whose process was already checked, accepts a connection and runs on this cluster. */
export async function answers(cluster: string, postmaster: PostmasterFile): Promise<boolean> {
  const client = new Client({
    ...connectEmbedded(postmaster, await readPassword(cluster)),
    connectionTimeoutMillis: answerMilliseconds,
    query_timeout: answerMilliseconds,
  })
  client.on('error', () => undefined)
  try {
    await client.connect()
    const { rows } = await client.query<{ folder: string; pid: number }>(
      `SELECT current_setting('data_directory') AS folder, pg_backend_pid() AS pid`,
    )
    const { folder = '', pid = 0 } = rows[0] ?? {}
    if (isHandedOver(folder)) return (await findPostgresProgram(pid, cluster)) !== undefined
    return (await realpath(folder)) === cluster
  } catch {
    return false
  } finally {
    await client.end().catch(() => undefined)
  }
}
