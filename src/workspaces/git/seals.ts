import { mkdir, rm, stat, symlink, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { type Filters, isTrusted, readFilters, readOwnFilters, toSettings } from './filters.ts'
import { gitEnvironment } from './gitEnvironment.ts'
import type { GitPlace } from './place.ts'
import { WorkspaceError } from '../kit/workspaceError.ts'
import { areShared, parseSettings, sealSettings, type Setting, writeSettings } from './settings.ts'
import { makeTemporaryFolder } from './temporaryFolders.ts'

/** Runs git with the user's own settings, for commands that run no program regardless of settings. */
export type AskSettings = (args: readonly string[], env: Readonly<Record<string, string>>) => Promise<string>

/** What git is run with for a place. */
export interface Seal {
  /** The environment that points git at the place, with settings that name no program except trusted filters. */
  readonly env: Readonly<Record<string, string>>
  /** The actual settings of the place: untrusted data. */
  readonly settings: readonly Setting[]
  /** The names of filters that are defined but not run, since they are not the user's. */
  readonly untrusted: ReadonlySet<string>
}

/** The parts of a repository that git may read and write: all except its settings and its hooks. */
const PARTS = ['objects', 'refs', 'packed-refs', 'reftable', 'info', 'shallow', 'worktrees', 'HEAD']

/** Parts that are linked only where the repository has them: git would otherwise create them as folders. */
const PARTS_THERE = ['logs', 'lfs']

/**
 * Makes seals: environments in which nothing in a repository can make git run a program: an agent may have written
 * the repository's settings and hooks, since a linked worktree shares them. Git is pointed at a stand-in for the
 * repository instead, which has the same branches and commits, and settings that name no program except trusted
 * filters. Created for each operation, and closed after it.
 */
export class Seals {
  readonly #ask: AskSettings
  readonly #seals = new Map<string, Promise<Seal>>()
  /** The settings of the place of a repository that was listed last. */
  readonly #listed = new Map<
    string,
    { readonly gitDir: string; readonly settings: Promise<readonly Setting[]> }
  >()
  #folder: Promise<string> | undefined
  #count = 0

  constructor(ask: AskSettings) {
    this.#ask = ask
  }

  /** Returns the seal of a place, creating it on first use. */
  of({ repository, gitDir, workTree }: GitPlace): Promise<Seal> {
    const name = [repository, gitDir, workTree ?? ''].join('\0')
    const made = this.#seals.get(name) ?? this.#make({ repository, gitDir, workTree })
    this.#seals.set(name, made)
    return made
  }

  /** Creates a temporary folder, which is removed by `close`. */
  async makeFolder(): Promise<string> {
    this.#folder ??= makeTemporaryFolder()
    const folder = join(await this.#folder, String((this.#count += 1)))
    await mkdir(folder)
    return folder
  }

  /** Removes all temporary folders. */
  async close(): Promise<void> {
    if (this.#folder) await rm(await this.#folder, { recursive: true, force: true })
  }

  /** Lists the settings of a place; those of another place of the repository are taken where they can't differ. */
  async #listSettings(repository: string, gitDir: string): Promise<readonly Setting[]> {
    const known = this.#listed.get(repository)
    if (known && (known.gitDir === gitDir || areShared(await known.settings))) return known.settings
    const env = { GIT_DIR: gitDir, GIT_COMMON_DIR: repository }
    const settings = this.#ask(['config', '--list', '-z', '--show-scope'], env).then(parseSettings)
    this.#listed.set(repository, { gitDir, settings })
    return settings
  }

  async #make({ repository, gitDir, workTree }: GitPlace): Promise<Seal> {
    if (await isThere(join(repository, 'commondir'))) throw redirected(repository)
    const settings = await this.#listSettings(repository, gitDir)
    const own = await readOwn(this.#ask)
    const filters = [...readFilters(settings)]
    const trusted = filters.filter(([name, filter]) => isTrusted(name, filter, own))
    const folder = await this.makeFolder()
    await standIn(folder, repository)
    const kept = new Map(trusted.flatMap(([name, filter]) => toSettings(name, filter)))
    await writeFile(join(folder, 'config'), sealSettings(settings) + writeSettings(kept), { flag: 'wx' })
    return {
      settings,
      untrusted: new Set(filters.flatMap(([name]) => (trusted.some((one) => one[0] === name) ? [] : [name]))),
      env: {
        ...SEALED,
        GIT_DIR: gitDir,
        GIT_COMMON_DIR: folder,
        GIT_CEILING_DIRECTORIES: dirname(workTree ?? repository),
        ...(workTree !== null && { GIT_WORK_TREE: workTree }),
      },
    }
  }
}

/** Disables all other settings: those that apply are in the stand-in. */
const SEALED = { GIT_CONFIG_GLOBAL: '/dev/null', GIT_CONFIG_SYSTEM: '/dev/null', GIT_CONFIG_NOSYSTEM: '1' }

async function standIn(folder: string, repository: string): Promise<void> {
  const there = await Promise.all(PARTS_THERE.map((part) => isThere(join(repository, part))))
  const parts = [...PARTS, ...PARTS_THERE.filter((_, at) => there[at])]
  await Promise.all(parts.map((part) => symlink(join(repository, part), join(folder, part))))
}

const ownFilters = new Map<string, Promise<Filters>>()

/**
 * Returns the filters of the user's own settings, as of the first call in this process: an agent that works as the
 * same user can write those settings, too.
 */
export function readOwn(ask: AskSettings): Promise<Filters> {
  const { HOME = '', XDG_CONFIG_HOME = '' } = gitEnvironment()
  const name = [HOME, XDG_CONFIG_HOME].join('\0')
  const known = ownFilters.get(name) ?? askOwn(ask)
  ownFilters.set(name, known)
  known.catch(() => ownFilters.delete(name))
  return known
}

async function askOwn(ask: AskSettings): Promise<Filters> {
  // Outside of any repository.
  const listed = await ask(['config', '--list', '-z', '--show-scope'], { GIT_DIR: '/dev/null/none' })
  return readOwnFilters(parseSettings(listed))
}

function redirected(repository: string): WorkspaceError {
  return new WorkspaceError('HUMAN_REQUIRED', {
    code: 'REPOSITORY_REDIRECTED',
    message: `${repository} says that its branches are elsewhere, which is true of worktrees only`,
    hint: `Find out who has written ${join(repository, 'commondir')}, and remove it.`,
  })
}

async function isThere(path: string): Promise<boolean> {
  return stat(path).then(
    () => true,
    () => false,
  )
}
