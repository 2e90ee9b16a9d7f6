import { execFileSync, spawnSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { onTestFinished } from 'vitest'
import { openWorkspace, type OpenOptions } from '../../../src/workspaces/place/openWorkspace.ts'
import type { OpenWorkspace } from '../../../src/workspaces/kit/workspace.ts'
import { WorkspaceError } from '../../../src/workspaces/kit/workspaceError.ts'
import {
  workspaceSettingsSchema,
  type WorkspaceSettings,
} from '../../../src/workspaces/kit/workspaceSettings.ts'

const found = spawnSync('git', ['--version'], { encoding: 'utf8' })
if (found.error) throw new Error('These tests need git, 2.38 or newer, on the PATH: apt-get install git')

const ENV = {
  ...process.env,
  GIT_CONFIG_GLOBAL: '/dev/null',
  GIT_AUTHOR_NAME: 'Ada',
  GIT_AUTHOR_EMAIL: 'ada@example.org',
  GIT_COMMITTER_NAME: 'Ada',
  GIT_COMMITTER_EMAIL: 'ada@example.org',
}

/** Runs git as a person does; returns what it put out, without the last line break. */
export function git(cwd: string, ...args: string[]): string {
  return execFileSync('git', args, {
    cwd,
    env: ENV,
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'pipe'],
  }).trimEnd()
}

/** A folder that goes when the test ends, canonical. */
export function createFolder(): string {
  const folder = realpathSync(mkdtempSync(join(tmpdir(), 'pawl workspace ')))
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }))
  return folder
}

/** Lets git have these settings of the user's own, and no others, until the test ends. */
export function setOwnSettings(settings: Readonly<Record<string, string>>): void {
  const home = createFolder()
  for (const [name, value] of Object.entries(settings))
    git(home, 'config', '--file', join(home, '.gitconfig'), name, value)
  const { HOME } = process.env
  process.env['HOME'] = home
  onTestFinished(() => void (process.env['HOME'] = HOME))
}

/** Writes files below a folder, by their relative paths. */
export function write(folder: string, files: Readonly<Record<string, string>>): void {
  for (const [path, content] of Object.entries(files)) {
    const whole = join(folder, path)
    mkdirSync(dirname(whole), { recursive: true })
    writeFileSync(whole, content)
  }
}

/** Commits all there is; returns the commit. */
export function commit(
  folder: string,
  message: string,
  files: Readonly<Record<string, string>> = {},
): string {
  write(folder, files)
  git(folder, 'add', '--all')
  git(folder, 'commit', '--quiet', '--message', message)
  return git(folder, 'rev-parse', 'HEAD')
}

/** A repository, and a worker's settings for it. */
export interface TestRepository {
  readonly folder: string
  readonly repository: string
  readonly root: string
  readonly settings: WorkspaceSettings
  /** The commit that `main` stands at. */
  readonly first: string
}

/** A repository with one commit on `main`, in a folder whose name asks for trouble. */
export function createRepository(
  files: Readonly<Record<string, string>> = { 'README.md': 'one\ntwo\nthree\n' },
): TestRepository {
  const folder = createFolder()
  const repository = join(folder, `it's "the" -repo ä`)
  mkdirSync(repository)
  git(repository, 'init', '--quiet', '--initial-branch', 'main')
  const first = commit(repository, 'first', files)
  const root = join(folder, 'work trees')
  const settings = workspaceSettingsSchema.parse({ repository, root, allow: [folder] })
  return { folder, repository, root, settings, first }
}

/** The run that tests open a workspace for. */
export const RUN = 'run_01h455vb4pex5vsknk084sn02q'

/** Opens and closes a workspace; what is there then. */
export async function open(
  { settings }: Pick<TestRepository, 'settings'>,
  { runId = RUN, ...asked }: Partial<Pick<OpenOptions, 'runId' | 'input' | 'continuesRunId'>> = {},
): Promise<OpenWorkspace> {
  const workspace = await openWorkspace({ input: {}, ...asked, runId, settings })
  workspace.close()
  return workspace
}

/** What a rejected promise was rejected with, where that is a typed error. */
export async function troubleOf(promise: Promise<unknown>): Promise<WorkspaceError> {
  const error: unknown = await promise.then(
    () => new Error('nothing was wrong'),
    (reason: unknown) => reason,
  )
  if (!(error instanceof WorkspaceError)) throw error
  return error
}

/** All that a repository and its working tree hold, in a form that can be compared. */
export function readState(repository: string): Readonly<Record<string, string>> {
  return {
    refs: git(repository, 'for-each-ref'),
    head: git(repository, 'symbolic-ref', 'HEAD'),
    status: git(repository, 'status', '--porcelain', '--ignored', '--untracked-files=all'),
    staged: git(repository, 'diff', '--cached'),
    changed: git(repository, 'diff'),
  }
}
