import { execFileSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { arch, cpus, loadavg, platform, release, totalmem } from 'node:os'
import type { Pool } from 'pg'

/** The machine of the measurements. */
export interface Machine {
  readonly processor: string
  readonly cores: number
  readonly memoryGigabytes: number
  readonly system: string
  readonly node: string
  readonly postgres: string
  readonly settings: Readonly<Record<string, string>>
  /** Load average over a minute before the start: other work on the machine. */
  readonly loadBefore: number
  readonly commit: string
  readonly date: string
}

const TOLD = [
  'fsync',
  'synchronous_commit',
  'full_page_writes',
  'shared_buffers',
  'max_wal_size',
  'data_checksums',
]

/** Describes this machine and the PostgreSQL of a pool. */
export async function describeMachine(pool: Pool, loadBefore = loadavg()[0] ?? 0): Promise<Machine> {
  const { rows } = await pool.query<{ name: string; value: string }>(
    'SELECT name, current_setting(name) AS value FROM unnest($1::text[]) name',
    [TOLD],
  )
  const version = await pool.query<{ server_version: string }>('SHOW server_version')
  return {
    processor: cpus()[0]?.model ?? 'unknown',
    cores: cpus().length,
    memoryGigabytes: Math.round(totalmem() / 2 ** 30),
    system: `${platform()} ${release()} ${arch()}`,
    node: process.version,
    postgres: version.rows[0]?.server_version ?? 'unknown',
    settings: Object.fromEntries(rows.map(({ name, value }) => [name, value])),
    loadBefore: Math.round(loadBefore * 100) / 100,
    commit: readCommit(),
    date: new Date().toISOString(),
  }
}

function readCommit(): string {
  try {
    return execFileSync('git', ['rev-parse', '--short', 'HEAD'], { encoding: 'utf8', stdio: 'pipe' }).trim()
  } catch {
    return 'unknown'
  }
}

/** Resource usage of a process; null on systems without `/proc`. */
export interface Usage {
  /** Processor time of the process and its ended children, in seconds. */
  readonly processorSeconds: number
  /** Proportional set size, in MiB. */
  readonly memory: number
}

const TICKS_PER_SECOND = 100

/** What some processes have used together so far. */
export function readUsage(pids: readonly number[]): Usage | null {
  if (platform() !== 'linux') return null
  const usages = pids.map(readOne)
  return {
    processorSeconds: usages.reduce((sum, usage) => sum + usage.processorSeconds, 0),
    memory: usages.reduce((sum, usage) => sum + usage.memory, 0),
  }
}

/** Seconds of processor time of a process's main thread; null where the system doesn't tell. */
export function readMainThread(pid: number): number | null {
  return platform() === 'linux' ? readProcessorSeconds(`/proc/${pid}/task/${pid}/stat`, 2) : null
}

function readOne(pid: number): Usage {
  try {
    const processorSeconds = readProcessorSeconds(`/proc/${pid}/stat`, 4)
    const pss = /^Pss:\s+(\d+)/m.exec(readFileSync(`/proc/${pid}/smaps_rollup`, 'utf8'))
    return { processorSeconds, memory: Number(pss?.[1] ?? 0) / 1024 }
  } catch (error) {
    // a process that ended meanwhile: its processor time is its parent's
    const { code } = error as NodeJS.ErrnoException
    if (code === 'ENOENT' || code === 'ESRCH' || code === 'EACCES') return { processorSeconds: 0, memory: 0 }
    throw error
  }
}

/** The first of the four times in a `stat` file: of user and system, then of both for children that ended. */
function readProcessorSeconds(path: string, times: 2 | 4): number {
  const fields = readFileSync(path, 'utf8').split(') ')[1]?.split(' ') ?? []
  return fields.slice(11, 11 + times).reduce((sum, field) => sum + Number(field), 0) / TICKS_PER_SECOND
}
