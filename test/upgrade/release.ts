import { execFile } from 'node:child_process'
import { existsSync } from 'node:fs'
import { mkdir, mkdtemp, rename, rm } from 'node:fs/promises'
import { homedir } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { promisify } from 'node:util'
import type * as Sdk from '@pawl/sdk'
import type { Commands } from '../consumers/commands.ts'
import { withoutNpm } from '../consumers/stage.ts'

/**
 * The version before this one, until there are releases: the last commit before workers announced themselves. Since then four migrations
 * were added, and the schema has only grown.
 */
export const PINNED = '8fd540e135d0358e51f2ea6cab55eea115da2640'

/** Thrown where the earlier version can't be had. */
export class UnavailableError extends Error {
  override readonly name = 'UnavailableError'
}

/** A build of an earlier version. */
export interface Release {
  readonly commit: string
  /** Its command `pawl`. */
  readonly program: string
  /** Its SDK, with the types of the present one: what they share is what is used. */
  readonly sdk: typeof Sdk
}

const repository = fileURLToPath(new URL('../..', import.meta.url))
const run = promisify(execFile)
const git = async (...words: string[]): Promise<string> =>
  (await run('git', words, { cwd: repository })).stdout.trim()

/** Builds are kept here, by commit: they are no part of the project. */
const CACHE = join(process.env['XDG_CACHE_HOME'] ?? join(homedir(), '.cache'), 'pawl-upgrade')

/**
 * Builds a commit of this repository, as its own lock file says; once, it is kept for the next time.
 *
 * @throws UnavailableError if the history of this clone lacks it, with what to do
 */
export async function buildRelease(revision: string, commands: Commands): Promise<Release> {
  const commit = await findCommit(revision)
  const folder = join(CACHE, commit)
  if (!existsSync(folder)) await build(commit, folder, commands)
  const sdk = (await import(pathToFileURL(join(folder, 'sdk/dist/index.mjs')).href)) as typeof Sdk
  return { commit, program: join(folder, 'dist/pawl.js'), sdk }
}

async function findCommit(revision: string): Promise<string> {
  const found = await git('rev-parse', '--verify', '--quiet', `${revision}^{commit}`).catch(() => null)
  if (found !== null) return found
  const isShallow = (await git('rev-parse', '--is-shallow-repository').catch(() => '')) === 'true'
  throw new UnavailableError(
    isShallow
      ? `Not tried: this clone is shallow and lacks the commit ${revision}. Get its history first: git fetch --unshallow`
      : `Not tried: this repository has no commit ${revision}. A clone with the history of this one has it.`,
  )
}

async function build(commit: string, folder: string, commands: Commands): Promise<void> {
  await mkdir(dirname(folder), { recursive: true })
  const draft = await mkdtemp(`${folder}-`)
  try {
    const archive = join(draft, 'archive.tar')
    await git('archive', '--output', archive, commit)
    await commands.run('tar', ['-xf', archive], { cwd: draft })
    await rm(archive)
    const words = ['ci', '--no-audit', '--no-fund', '--prefer-offline', '--loglevel=error']
    await commands.run('npm', words, { cwd: draft, env: withoutNpm() })
    await rename(draft, folder)
  } finally {
    await rm(draft, { recursive: true, force: true })
  }
}
