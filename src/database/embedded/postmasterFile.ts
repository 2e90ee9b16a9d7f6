import { readFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { isHandedOver } from './handOver.ts'

/** What a running PostgreSQL writes to `postmaster.pid`. */
export interface PostmasterFile {
  pid: number
  port: number
  /** Folder of its unix socket; undefined if it has none. */
  socketDir: string | undefined
  /** Address it listens on over TCP; undefined if it does not. */
  address: string | undefined
  /** `ready` once it accepts connections; before and after that `starting`, `stopping` and others. */
  status: string
}

/** Reads the `postmaster.pid` of a cluster; undefined if it is missing or incomplete. */
export async function readPostmasterFile(cluster: string): Promise<PostmasterFile | undefined> {
  let text: string
  try {
    text = await readFile(join(cluster, 'postmaster.pid'), 'utf8')
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined
    throw error
  }
  const [pid, , , port, socketDir, address, , status] = text.split('\n')
  if (!Number.isInteger(Number(pid)) || Number(pid) <= 0) return undefined
  return {
    pid: Number(pid),
    port: Number(port),
    // with folders passed as descriptors, the socket is in the home, under any path that PostgreSQL reports
    socketDir: socketDir && isHandedOver(socketDir) ? dirname(cluster) : blankToUndefined(socketDir),
    address: blankToUndefined(address),
    status: status?.trim() ?? 'starting',
  }
}

function blankToUndefined(line: string | undefined): string | undefined {
  return line === undefined || line === '' ? undefined : line
}
