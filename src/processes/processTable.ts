import { spawnSync } from 'node:child_process'
import { closeSync, openSync, readdirSync, readSync } from 'node:fs'

/** A process as the system lists it. */
export interface ProcessEntry {
  readonly pid: number
  readonly parent: number
  readonly group: number
  /** The id of its session, which is the pid of the session leader; 0 where the system does not report it. */
  readonly session: number
  /** False for a zombie: it has ended and has not been reaped yet. */
  readonly isLiving: boolean
  /** The start time, in the system's own format: distinguishes the process from a later one with the same pid. */
  readonly startedAt: string
}

const ENDED = ['Z', 'X', 'x']

/** Lists every process that this one can see. */
export function listProcesses(): ProcessEntry[] {
  if (process.platform !== 'linux') return askPs(['-A'])
  return readdirSync('/proc').flatMap((name) => (/^\d+$/.test(name) ? readStat(Number(name)) : []))
}

/** Returns one process; undefined where none has this pid. */
export function findProcess(pid: number): ProcessEntry | undefined {
  return (process.platform === 'linux' ? readStat(pid) : askPs(['-p', String(pid)]))[0]
}

/** Whether the process that had this pid at that start time is still alive. */
export function isLiving({ pid, startedAt }: Pick<ProcessEntry, 'pid' | 'startedAt'>): boolean {
  const entry = findProcess(pid)
  return entry !== undefined && entry.isLiving && entry.startedAt === startedAt
}

/** Returns the process ids from this process up to its outermost ancestor, itself first. */
export function ancestors(pid: number): number[] {
  const found: number[] = []
  for (let at = pid; at > 0 && !found.includes(at); at = findProcess(at)?.parent ?? 0) found.push(at)
  return found
}

/** Sends a signal to one process, ignoring one that has exited. */
export function signalProcess(pid: number, name: NodeJS.Signals): void {
  try {
    process.kill(pid, name)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error
  }
}

/** A variable of the environment, by which processes are found. */
export type Variable = readonly [name: string, value: string]

/**
 * Returns the living ones among these processes, except this one, that were started with one of these variables in their
 * environment, as far as it can be read: on Linux, those of the same user. Empty on other systems.
 */
export function findCarriers(
  variables: readonly Variable[],
  among: readonly ProcessEntry[] = listProcesses(),
): ProcessEntry[] {
  if (process.platform !== 'linux' || variables.length === 0) return []
  const wanted = variables.map(([name, value]) => `\0${name}=${value}\0`)
  return among.filter(({ pid, isLiving }) => isLiving && pid !== process.pid && carriesOneOf(pid, wanted))
}

/** `findCarriers` of one variable, among all processes. */
export function findByVariable(name: string, value: string): ProcessEntry[] {
  return findCarriers([[name, value]])
}

function carriesOneOf(pid: number, wanted: readonly string[]): boolean {
  try {
    const environment = Buffer.concat([NUL, readSystemFile(`/proc/${pid}/environ`), NUL])
    return wanted.some((one) => environment.includes(one))
  } catch {
    return false
  }
}

const NUL = Buffer.from('\0')

function readStat(pid: number): ProcessEntry[] {
  try {
    const stat = readSystemFile(`/proc/${pid}/stat`).toString('latin1')
    // The command's name is in parentheses, and may contain any character, parentheses included.
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
    const [state = 'X', parent = '0', group = '0', session = '0'] = fields
    const isLiving = !ENDED.includes(state)
    const startedAt = fields[19] ?? ''
    return [
      { pid, parent: Number(parent), group: Number(group), session: Number(session), isLiving, startedAt },
    ]
  } catch {
    return []
  }
}

/**
 * Reads a file of /proc, whose size is not known before. A look at all processes reads hundreds of them, into the same
 * memory: what is returned holds until the next call.
 */
function readSystemFile(path: string): Buffer {
  const file = openSync(path, 'r')
  try {
    for (let length = 0; ;) {
      const read = readSync(file, memory, length, memory.length - length, null)
      if (read === 0) return memory.subarray(0, length)
      length += read
      if (length === memory.length) memory = Buffer.concat([memory], 2 * memory.length)
    }
  } finally {
    closeSync(file)
  }
}

let memory = Buffer.alloc(65_536)

function askPs(which: readonly string[]): ProcessEntry[] {
  const { stdout, error } = spawnSync('ps', [...which, '-o', 'pid=,ppid=,pgid=,stat=,lstart='], {
    encoding: 'utf8',
    env: { ...process.env, LC_ALL: 'C' },
  })
  if (error) throw error
  return parsePs(stdout)
}

/** Parses the output of `ps -o pid=,ppid=,pgid=,stat=,lstart=`. */
export function parsePs(printed: string): ProcessEntry[] {
  return printed.split('\n').flatMap((line) => {
    const [pid, parent, group, state, ...startedAt] = line.trim().split(/\s+/)
    if (!pid || !state) return []
    return [
      {
        pid: Number(pid),
        parent: Number(parent),
        group: Number(group),
        session: 0,
        isLiving: !ENDED.includes(state.charAt(0)),
        startedAt: startedAt.join(' '),
      },
    ]
  })
}
