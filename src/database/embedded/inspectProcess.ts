import { execFile } from 'node:child_process'
import { readdir, readlink } from 'node:fs/promises'
import { basename } from 'node:path'
import { promisify } from 'node:util'

const run = promisify(execFile)

/**
 * The path of the PostgreSQL program that a process runs, if it runs on this cluster; undefined for any other process,
 * a dead one, and one that cannot be inspected. Process ids are reused, so a pid from a file proves nothing.
 *
 * @param cluster PostgreSQL's data directory, without symbolic links
 */
export async function findPostgresProgram(pid: number, cluster: string): Promise<string | undefined> {
  const found = await readProcess(pid, cluster)
  if (found === undefined || found.directory !== cluster) return undefined
  // a program replaced by an update reads as "…/postgres (deleted)"
  return /^postgres(\.exe)?( |$)/.test(basename(found.program)) ? found.program : undefined
}

/** Ids of all PostgreSQL processes that use this cluster, with any parent; empty on systems without `/proc`. */
export async function listPostgresProcesses(cluster: string): Promise<number[]> {
  const entries = await readdir('/proc').catch(() => [])
  const pids = entries.filter((entry) => /^\d+$/.test(entry)).map(Number)
  const programs = await Promise.all(pids.map((pid) => findPostgresProgram(pid, cluster)))
  return pids.filter((_, index) => programs[index] !== undefined)
}

interface RunningProcess {
  program: string
  directory: string
}

async function readProcess(pid: number, cluster: string): Promise<RunningProcess | undefined> {
  try {
    if (process.platform === 'linux') return await readFromProc(pid)
    if (process.platform === 'win32') return await askWindows(pid, cluster)
    return await askPs(pid)
  } catch {
    return undefined
  }
}

async function readFromProc(pid: number): Promise<RunningProcess> {
  const [program, directory] = await Promise.all([readlink(`/proc/${pid}/exe`), readlink(`/proc/${pid}/cwd`)])
  return { program, directory }
}

async function askPs(pid: number): Promise<RunningProcess | undefined> {
  const [program, files] = await Promise.all([
    run('ps', ['-p', String(pid), '-o', 'comm=']),
    run('lsof', ['-a', '-p', String(pid), '-d', 'cwd', '-Fn']),
  ])
  const directory = /^n(.*)$/m.exec(files.stdout)?.[1]
  return directory === undefined ? undefined : { program: program.stdout.trim(), directory }
}

/** Windows does not report a working directory; the data directory is also an argument of the program. */
async function askWindows(pid: number, cluster: string): Promise<RunningProcess | undefined> {
  const ask = `Get-CimInstance Win32_Process -Filter 'ProcessId=${pid}' | Select ExecutablePath,CommandLine | ConvertTo-Json`
  const { stdout } = await run('powershell', ['-NoProfile', '-Command', ask])
  const { ExecutablePath, CommandLine } = JSON.parse(stdout) as {
    ExecutablePath: string
    CommandLine: string
  }
  return CommandLine.includes(cluster) ? { program: ExecutablePath, directory: cluster } : undefined
}
