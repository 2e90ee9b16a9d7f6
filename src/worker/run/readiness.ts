import { randomUUID } from 'node:crypto'
import { access, constants, mkdir, open, realpath, rm, statfs } from 'node:fs/promises'
import { isAbsolute, join, resolve } from 'node:path'
import { isDeepStrictEqual } from 'node:util'
import type { AgentDefinition } from '../../adapters/kit/agentDefinition.ts'
import { whyUnstartable } from '../../processes/findCommand.ts'
import { inheritEnvironment } from '../../processes/inheritEnvironment.ts'
import { prepareLockFolder } from '../../processes/lockFolder.ts'
import type { WorkerConfig } from '../config/config.ts'
import type { WorkerNews } from './news.ts'
import { whyReserved } from '../../ownDirectories.ts'
import type { OwnDirectory } from '../../ownDirectories.ts'

/** A reason why a worker can't work. */
export interface ReadinessProblem {
  /** Short and stable, as `DISK_FULL`. */
  readonly code: string
  readonly message: string
}

/** Options of `Readiness`. */
export interface ReadinessOptions {
  readonly config: WorkerConfig
  readonly env: NodeJS.ProcessEnv
  /** Parent of the sessions' private folders. */
  readonly stateRoot: string
  readonly own: readonly OwnDirectory[]
  readonly report: (news: WorkerNews) => void
}

/** Free space below which a disk counts as full, in bytes; on a small disk, a twentieth of its size instead. */
const MIN_FREE = 64 * 1024 * 1024

/** How long a successful check stays valid for claims, in milliseconds. */
const CHECK_VALID_MS = 1_000

/** Size of the probe file that tests whether a folder is writable, in bytes. */
const PROBE_BYTES = 65_536

/**
 * Checks whether a worker can work: its folders are writable, its agents' commands exist, directories can be locked. A
 * worker that can't work claims no runs, since they would fail one after the other.
 */
export class Readiness {
  readonly #options: ReadinessOptions
  /** Problems last reported, with digits removed from their messages because those change at every check. */
  #told: readonly (readonly string[])[] = []
  #problems: readonly ReadinessProblem[] = []

  #isReadyUntil = 0

  constructor(options: ReadinessOptions) {
    this.#options = options
  }

  /** Why the worker can't work, as last reported, in words; undefined where it can. */
  get problem(): string | undefined {
    return this.#problems.map(({ message }) => message).join('; ') || undefined
  }

  /** Whether the worker may claim a run: `isReady`, with a success cached for a second. */
  async mayTake(): Promise<boolean> {
    if (performance.now() < this.#isReadyUntil) return true
    const isReady = await this.isReady()
    if (isReady) this.#isReadyUntil = performance.now() + CHECK_VALID_MS
    return isReady
  }

  /** Whether the worker can work now. Reports when the problems have changed since the last check. */
  async isReady(): Promise<boolean> {
    const problems = await this.#look()
    this.#problems = problems
    const codes = problems.map(({ code, message }) => [code, message.replace(/\d+/g, '')])
    if (!isDeepStrictEqual(codes, this.#told)) {
      this.#told = codes
      this.#options.report(problems.length > 0 ? { kind: 'not-ready', problems } : { kind: 'ready-again' })
    }
    return problems.length === 0
  }

  async #look(): Promise<ReadinessProblem[]> {
    const { config, stateRoot } = this.#options
    const { repository, root, directory } = config.workspace
    const folders = await Promise.all([
      this.#checkFolder(stateRoot, 'state'),
      this.#checkFolder(join(resolve(root ?? join('.pawl', 'workspaces')), '.pawl'), 'workspace.root'),
      ...(repository === undefined ? [this.#checkDirectory(resolve(directory ?? '.'))] : []),
    ])
    return [
      ...folders.flat(),
      ...(repository === undefined ? [] : this.#checkProgram('git')),
      ...checkLocks(),
      ...Object.entries(config.agents).flatMap(([role, agent]) => this.#checkAgent(role, agent)),
    ]
  }

  /** Checks that one of the worker's own folders is writable, by writing a file. */
  async #checkFolder(folder: string, setting: string): Promise<ReadinessProblem[]> {
    const probe = join(folder, `.probe-${randomUUID()}`)
    try {
      await mkdir(folder, { recursive: true, mode: 0o700 })
      const file = await open(probe, 'wx', 0o600)
      try {
        await file.writeFile(Buffer.alloc(PROBE_BYTES))
      } finally {
        await file.close()
        await rm(probe, { force: true })
      }
      return await checkSpace(folder)
    } catch (error) {
      return [unusable(folder, setting, error)]
    }
  }

  /** Checks the directory that runs work in, without writing to it. */
  async #checkDirectory(directory: string): Promise<ReadinessProblem[]> {
    try {
      const path = await realpath(directory)
      await access(path, constants.W_OK | constants.X_OK)
      const reserved = whyReserved(path, this.#options.own)
      if (reserved !== null) return [{ code: 'DIRECTORY_RESERVED', message: reserved }]
      return await checkSpace(path)
    } catch (error) {
      return [unusable(directory, 'workspace.directory', error)]
    }
  }

  #checkAgent(role: string, { adapter, command, env }: AgentDefinition): ReadinessProblem[] {
    const [program = ''] = command
    // A relative path refers to the workspace, which does not exist yet.
    const isElsewhere = adapter === 'scripted' || (program.includes('/') && !isAbsolute(program))
    return [
      ...(adapter === 'tmux' ? this.#checkProgram('tmux') : []),
      ...(isElsewhere ? [] : this.#checkProgram(program, env, `the agent of ${role}`)),
    ]
  }

  #checkProgram(program: string, env: NodeJS.ProcessEnv = {}, whose = 'this worker'): ReadinessProblem[] {
    const why = whyUnstartable(program, { ...inheritEnvironment(this.#options.env), ...env })
    return why ? [{ code: 'PROGRAM_MISSING', message: `${whose} can't be started: ${why.message}` }] : []
  }
}

function checkLocks(): ReadinessProblem[] {
  try {
    prepareLockFolder()
    return []
  } catch (error) {
    return [{ code: 'LOCKS_UNAVAILABLE', message: (error as Error).message }]
  }
}

/** @returns `DISK_FULL` if too little space or no inode is left, otherwise nothing */
async function checkSpace(folder: string): Promise<ReadinessProblem[]> {
  const { bavail, bsize, blocks, files, ffree } = await statfs(folder)
  const enough = Math.min(MIN_FREE, (blocks * bsize) / 20)
  const isOutOfFiles = files > 0 && ffree === 0
  // A file system that reports no size can't run out of it.
  if (blocks === 0 || (bavail * bsize >= enough && !isOutOfFiles)) return []
  const left = isOutOfFiles
    ? 'has no room for more files'
    : `has ${Math.floor((bavail * bsize) / 1024)} KiB left`
  return [{ code: 'DISK_FULL', message: `the disk of ${folder} ${left}` }]
}

function unusable(folder: string, setting: string, error: unknown): ReadinessProblem {
  const { code = '', message } = error as NodeJS.ErrnoException
  if (code === 'ENOSPC' || code === 'EDQUOT')
    return { code: 'DISK_FULL', message: `the disk of ${folder} is full (${setting})` }
  return { code: 'FOLDER_UNUSABLE', message: `${folder} can't be used (${setting}): ${code || message}` }
}
