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

/** Why a worker can't work. */
export interface ReadinessProblem {
  /** Short and stable, as `DISK_FULL`. */
  readonly code: string
  readonly message: string
}

/** What is looked at. */
export interface ReadinessOptions {
  readonly config: WorkerConfig
  readonly env: NodeJS.ProcessEnv
  /** Below it each session has a private folder. */
  readonly stateRoot: string
  readonly own: readonly OwnDirectory[]
  readonly report: (news: WorkerNews) => void
}

/** A disk with less free than this is full, in bytes; of a small one, a twentieth. */
const MIN_FREE = 64 * 1024 * 1024

/** How long it is not looked again before a claim where all was well, in milliseconds. */
const CHECK_VALID_MS = 1_000

/** What is written to see whether a folder takes files, in bytes. */
const PROBE_BYTES = 65_536

/**
 * Whether a worker can work: its folders take files, its agents' commands are there, directories can be locked. One that can't
 * takes no runs, which would all fail one after the other, until it can again.
 */
export class Readiness {
  readonly #options: ReadinessOptions
  /** Without the numbers in them, which change at every look. */
  #told: readonly (readonly string[])[] = []

  #isReadyUntil = 0

  constructor(options: ReadinessOptions) {
    this.#options = options
  }

  /** Whether it may take a run: as `isReady`, which is not asked again at once. */
  async mayTake(): Promise<boolean> {
    if (performance.now() < this.#isReadyUntil) return true
    const isReady = await this.isReady()
    if (isReady) this.#isReadyUntil = performance.now() + CHECK_VALID_MS
    return isReady
  }

  /** Whether it can work now. Tells of what has changed since it was asked last. */
  async isReady(): Promise<boolean> {
    const problems = await this.#look()
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

  /** A folder of its own has to take a file. */
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

  /** The directory that runs work in is left as it is. */
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
    // What is named by a relative path stands in the workspace, which is not there yet.
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

/** @returns `DISK_FULL` where there is not enough left */
async function checkSpace(folder: string): Promise<ReadinessProblem[]> {
  const { bavail, bsize, blocks, files, ffree } = await statfs(folder)
  const enough = Math.min(MIN_FREE, (blocks * bsize) / 20)
  const isOutOfFiles = files > 0 && ffree === 0
  // A file system that tells no size has none to run out of.
  if (blocks === 0 || (bavail * bsize >= enough && !isOutOfFiles)) return []
  const left = isOutOfFiles ? 'takes no more files' : `has ${Math.floor((bavail * bsize) / 1024)} KiB left`
  return [{ code: 'DISK_FULL', message: `the disk of ${folder} ${left}` }]
}

function unusable(folder: string, setting: string, error: unknown): ReadinessProblem {
  const { code = '', message } = error as NodeJS.ErrnoException
  if (code === 'ENOSPC' || code === 'EDQUOT')
    return { code: 'DISK_FULL', message: `the disk of ${folder} is full (${setting})` }
  return { code: 'FOLDER_UNUSABLE', message: `${folder} can't be used (${setting}): ${code || message}` }
}
