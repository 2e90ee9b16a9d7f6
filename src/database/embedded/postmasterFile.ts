import { readFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { isHandedOver } from './handOver.ts'

/** What a running PostgreSQL writes about itself into `postmaster.pid`. */
export interface PostmasterFile {
  pid: number
  port: number
  /** Folder of its unix socket, or undefined where it has none. */
  socketDir: string | undefined
  /** Address it listens on over TCP, or undefined where it does not. */
  address: string | undefined
  /** `ready` once it accepts connections; `starting`, `stopping` and others before and after. */
  status: string
}

/** Reads `postmaster.pid` of a cluster; undefined where there is none, or none that is whole. */
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
    // the socket of one that was handed its folders lies in the home, whatever that is to it
    socketDir: socketDir && isHandedOver(socketDir) ? dirname(cluster) : blankToUndefined(socketDir),
    address: blankToUndefined(address),
    status: status?.trim() ?? 'starting',
  }
}

function blankToUndefined(line: string | undefined): string | undefined {
  return line === undefined || line === '' ? undefined : line
}
