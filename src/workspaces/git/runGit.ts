import { spawn } from 'node:child_process'
import { stat } from 'node:fs/promises'
import { ProcessGroup } from '../../processes/processGroup.ts'
import type { FileLock } from '../kit/fileLock.ts'
import { WorkspaceError } from '../kit/workspaceError.ts'
import { gitEnvironment } from './gitEnvironment.ts'
import { explainExit, gitNotFound, gitTimedOut, outputTooLong } from './gitErrors.ts'
import type { GitPlace } from './place.ts'
import { readOwn, Seals } from './seals.ts'

/** What a caller hands on to every git that it runs. */
export interface GitCall {
  /** Ends it. */
  readonly signal?: AbortSignal | undefined
  /** A lock that git holds too, until it has ended, even where this process is killed. */
  readonly lock?: FileLock | undefined
  /** What keeps git from running what a repository says. */
  readonly seals: Seals
}

/** How git is run. */
interface RunOptions extends Omit<GitCall, 'seals'> {
  /** Variables set beside those that are always set. */
  readonly env?: Readonly<Record<string, string>>
  /** What it reads on standard input. Default: nothing. */
  readonly input?: string
  /** The longest that it may take, in milliseconds. Default one minute. */
  readonly timeoutMs?: number
  /** The most that it may put out, in bytes. Default 64 MiB. */
  readonly maxBytes?: number
  /** Whether what is put out beyond `maxBytes` is cut off, instead of being an error. */
  readonly cut?: boolean
  /** Exit codes that are answers. Default: only 0. */
  readonly accept?: readonly number[]
}

/** How git is run for a place. */
export interface GitOptions extends RunOptions, GitCall {
  readonly at: GitPlace
}

/** What git answered. */
export interface GitAnswer {
  readonly exitCode: number
  readonly stdout: string
  readonly stderr: string
  /** Whether there was more than `maxBytes`. */
  readonly isCut: boolean
}

/** Settings that must not change what our commands do; those of the place are left out by its seal. */
const SETTINGS = [
  'core.hooksPath=/dev/null',
  'core.fsmonitor=false',
  'core.untrackedCache=false',
  'core.quotePath=false',
  'core.filesRefLockTimeout=5000',
  'commit.gpgSign=false',
  'gc.auto=0',
  'maintenance.auto=false',
  'submodule.recurse=false',
  'worktree.guessRemote=false',
].flatMap((setting) => ['-c', setting])

/** How long an ended git may take to clean up after itself, in milliseconds. */
const CLEAN_UP_MS = 5_000

const STDERR_BYTES = 64 * 1024

/**
 * Does something with git, whatever the repositories say that it is run for.
 *
 * @throws whatever `body` does
 */
export async function withGit<T>(
  { signal, lock }: Omit<GitCall, 'seals'>,
  body: (call: GitCall) => Promise<T>,
): Promise<T> {
  const seals = new Seals((args, env) => askSettings(args, env, { signal, lock }))
  try {
    return await body({ signal, lock, seals })
  } finally {
    await seals.close()
  }
}

/** Remembers which filters are the user's own, before any agent of this process could write them. */
export async function rememberFilters(signal?: AbortSignal): Promise<void> {
  await readOwn((args, env) => askSettings(args, env, { signal }))
}

async function askSettings(
  args: readonly string[],
  env: Readonly<Record<string, string>>,
  call: Omit<GitCall, 'seals'>,
): Promise<string> {
  return (await run(args, { cwd: '/', env, ...call })).stdout
}

/**
 * Runs git for a place with arguments as they are: no shell, no prompts, no hooks, no program that the repository names, no
 * translation, no pathspec magic, in a process group of its own.
 *
 * @throws WorkspaceError where it fails; the signal's reason when it aborts
 */
export async function runGit(
  args: readonly string[],
  { at, seals, ...options }: GitOptions,
): Promise<GitAnswer> {
  const { env } = await seals.of(at)
  const cwd = at.workTree ?? at.repository
  return run(args, { ...options, cwd, env: { ...env, ...options.env } })
}

/**
 * Asks git of which repository a directory is, as people do who stand in it.
 *
 * @throws WorkspaceError `NOT_A_REPOSITORY`, `REPOSITORY_UNTRUSTED`
 */
export async function findGitDirectory(directory: string, { signal, lock }: GitCall): Promise<string> {
  const args = ['rev-parse', '--path-format=absolute', '--git-common-dir']
  const { stdout } = await run(args, { cwd: directory, signal, lock })
  return stdout.replace(/\n$/, '')
}

async function run(
  args: readonly string[],
  options: RunOptions & { readonly cwd: string },
): Promise<GitAnswer> {
  const { signal, timeoutMs = 60_000, maxBytes = 64 * 1024 * 1024, accept = [0] } = options
  signal?.throwIfAborted()
  const child = spawn('git', ['--no-pager', ...SETTINGS, ...args], {
    cwd: options.cwd,
    env: { ...gitEnvironment(), ...options.env },
    detached: true,
    stdio: ['pipe', 'pipe', 'pipe', ...(options.lock ? [options.lock.fd] : [])],
  })
  const closed = new Promise<Ended>((resolve) => {
    child.once('error', (error) => resolve({ error }))
    child.once('close', (exitCode, killedBy) => resolve({ exitCode, killedBy }))
  })
  let isTimedOut = false
  const stop = () => {
    if (child.pid === undefined) return
    void new ProcessGroup(child.pid).stop({ killAfterMs: CLEAN_UP_MS, mustKill: () => false })
  }
  const timer = setTimeout(() => {
    isTimedOut = true
    stop()
  }, timeoutMs)
  signal?.addEventListener('abort', stop)
  const stdout = new Collected(maxBytes, stop)
  const stderr = new Collected(STDERR_BYTES, () => undefined)
  child.stdout?.on('data', (chunk: Buffer) => stdout.add(chunk))
  child.stderr?.on('data', (chunk: Buffer) => stderr.add(chunk))
  // One that ends without reading what it is given tells why by its exit code.
  child.stdin?.on('error', () => undefined)
  child.stdin?.end(options.input ?? '')
  const ended = await closed
  clearTimeout(timer)
  signal?.removeEventListener('abort', stop)
  if ('error' in ended) throw await explainSpawn(options.cwd, ended.error)
  const answer = { stdout: stdout.toString(), stderr: stderr.toString(), isCut: stdout.isFull }
  if (stdout.isFull) {
    if (options.cut !== true) throw outputTooLong(args, maxBytes)
    return { ...answer, exitCode: 0 }
  }
  if (ended.exitCode !== null && accept.includes(ended.exitCode))
    return { ...answer, exitCode: ended.exitCode }
  signal?.throwIfAborted()
  if (isTimedOut) throw gitTimedOut(args, timeoutMs)
  throw explainExit(args, ended.exitCode ?? ended.killedBy ?? 'an unknown end', answer.stderr)
}

/** Runs git and returns what it put out, without the line break at its end. */
export async function askGit(args: readonly string[], options: GitOptions): Promise<string> {
  const { stdout } = await runGit(args, options)
  return stdout.replace(/\n$/, '')
}

/** Items that git separates with NUL characters. */
export function splitNul(output: string): string[] {
  return output === '' ? [] : output.replace(/\0$/, '').split('\0')
}

type Ended =
  | { readonly exitCode: number | null; readonly killedBy: NodeJS.Signals | null }
  | { readonly error: Error }

/** Output up to a number of bytes. */
class Collected {
  readonly #chunks: Buffer[] = []
  readonly #limit: number
  readonly #onFull: () => void
  #length = 0
  isFull = false

  constructor(limit: number, onFull: () => void) {
    this.#limit = limit
    this.#onFull = onFull
  }

  add(chunk: Buffer): void {
    const room = this.#limit - this.#length
    if (room > 0) this.#chunks.push(chunk.subarray(0, room))
    this.#length += Math.min(room, chunk.length)
    if (chunk.length <= room || this.isFull) return
    this.isFull = true
    this.#onFull()
  }

  toString(): string {
    return Buffer.concat(this.#chunks).toString('utf8')
  }
}

/** A missing program and a missing working directory are the same error to the system. */
async function explainSpawn(cwd: string, cause: Error): Promise<WorkspaceError> {
  const isThere = await stat(cwd).then(
    (found) => found.isDirectory(),
    () => false,
  )
  if (isThere) return gitNotFound(cause)
  return new WorkspaceError('RECOVERABLE', {
    code: 'WORKSPACE_GONE',
    message: `${cwd} is not there`,
    hint: 'Open the workspace again; a worktree is made anew from its branch.',
    cause,
  })
}
