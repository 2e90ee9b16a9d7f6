import { spawn } from 'node:child_process'
import { stat } from 'node:fs/promises'
import { ProcessGroup } from '../../processes/processGroup.ts'
import type { FileLock } from '../kit/fileLock.ts'
import { WorkspaceError } from '../kit/workspaceError.ts'
import { gitEnvironment } from './gitEnvironment.ts'
import { explainExit, gitNotFound, gitTimedOut, outputTooLong } from './gitErrors.ts'
import type { GitPlace } from './place.ts'
import { readOwn, Seals } from './seals.ts'

/** What a caller passes to every git command that it runs. */
export interface GitCall {
  /** Aborts the command. */
  readonly signal?: AbortSignal | undefined
  /** A lock that git inherits: it is held until git has ended, even where this process is killed. */
  readonly lock?: FileLock | undefined
  /** Prevents git from running programs that a repository names. */
  readonly seals: Seals
}

/** How git is run. */
interface RunOptions extends Omit<GitCall, 'seals'> {
  /** Additional environment variables. */
  readonly env?: Readonly<Record<string, string>>
  /** The standard input. Default: empty. */
  readonly input?: string
  /** The timeout, in milliseconds. Default one minute. */
  readonly timeoutMs?: number
  /** The maximum output, in bytes. Default 64 MiB. */
  readonly maxBytes?: number
  /** Whether output beyond `maxBytes` is truncated instead of being an error. */
  readonly cut?: boolean
  /** Exit codes that count as success. Default: only 0. */
  readonly accept?: readonly number[]
}

/** How git is run for a place. */
export interface GitOptions extends RunOptions, GitCall {
  readonly at: GitPlace
}

/** The result of a git command. */
export interface GitAnswer {
  readonly exitCode: number
  readonly stdout: string
  readonly stderr: string
  /** Whether the output was truncated at `maxBytes`. */
  readonly isCut: boolean
}

/** Overrides of the user's settings; those of the repository are dropped by its seal. */
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

/** How long a git that is being stopped may take to clean up, from SIGTERM to SIGKILL, in milliseconds. */
const CLEAN_UP_MS = 5_000

const STDERR_BYTES = 64 * 1024

/**
 * Runs `body` with what it needs to call git safely, independent of the settings of the repositories involved.
 *
 * @throws whatever `body` throws
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

/** Remembers which filters are the user's own, before any agent of this process can change them. */
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
 * Runs git for a place with literal arguments: no shell, no prompts, no hooks, no program that the repository
 * names, no translation, no pathspec magic. Git runs in its own process group.
 *
 * @throws WorkspaceError where git fails; the signal's reason when it aborts
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
 * Returns the git directory of the repository that a directory belongs to, as git finds it from there.
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
  // Writing fails where git exits without reading its input; its exit code is reported instead.
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

/** Runs git and returns its output, without a final line break. */
export async function askGit(args: readonly string[], options: GitOptions): Promise<string> {
  const { stdout } = await runGit(args, options)
  return stdout.replace(/\n$/, '')
}

/** Splits output that git separates with NUL characters. */
export function splitNul(output: string): string[] {
  return output === '' ? [] : output.replace(/\0$/, '').split('\0')
}

type Ended =
  | { readonly exitCode: number | null; readonly killedBy: NodeJS.Signals | null }
  | { readonly error: Error }

/** Collects output up to a limit in bytes. */
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

/** The system reports the same error for a missing program and for a missing working directory. */
async function explainSpawn(cwd: string, cause: Error): Promise<WorkspaceError> {
  const isThere = await stat(cwd).then(
    (found) => found.isDirectory(),
    () => false,
  )
  if (isThere) return gitNotFound(cause)
  return new WorkspaceError('RECOVERABLE', {
    code: 'WORKSPACE_GONE',
    message: `${cwd} is not there`,
    hint: 'Open the workspace again; a worktree is created again from its branch.',
    cause,
  })
}
