import { chmod, lstat, mkdir, readdir, rename, rm, writeFile } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'
import { atRepository, type GitPlace } from '../git/place.ts'
import { type GitCall, runGit } from '../git/runGit.ts'
import { readGitFile, readSmall } from '../kit/readSmall.ts'
import { adminFolder, isOf, listWorktrees, readStanding } from './listWorktrees.ts'
import { refuseUntrusted } from './refuseUntrusted.ts'
import { branchRef } from './repository.ts'
import { WorkspaceError } from '../kit/workspaceError.ts'
import { withWorktreesLocked } from './worktreesLock.ts'

/** A worktree that should exist. */
export interface WorktreePlan {
  /** Absolute and canonical. */
  readonly path: string
  readonly repository: string
  readonly branch: string
  /**
   * The repository's administrative folder of the worktree, as recorded when it was created; null where it is not
   * recorded.
   */
  readonly gitDir: string | null
}

/** The timeout for checking out the files of a worktree, in milliseconds. */
const CHECKOUT_MS = 30 * 60_000

/** Reports what is at a path: nothing (or an empty folder), the worktree of this repository, or anything else. */
export async function inspectWorktree(
  plan: WorktreePlan,
  call: GitCall,
): Promise<'NOTHING' | 'WORKTREE' | 'OTHER'> {
  const found = await lstat(plan.path).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return null
    throw error
  })
  if (found === null) return 'NOTHING'
  if (!found.isDirectory()) return 'OTHER'
  if ((await readdir(plan.path)).length === 0) return 'NOTHING'
  const gitDir = await findGitDir(plan)
  if (gitDir === null || !(await leadsTo(plan.path, gitDir))) return 'OTHER'
  await keepKnown(plan, gitDir, call)
  return 'WORKTREE'
}

/**
 * Returns the paths to run git with in a worktree. They never come from the worktree's own `.git` file, which its
 * agent can write.
 *
 * @throws {@link WorkspaceError} `WORKTREE_LOST`
 */
export async function placeOf(plan: WorktreePlan): Promise<GitPlace> {
  const gitDir = await findGitDir(plan)
  if (gitDir !== null) return { repository: plan.repository, gitDir, workTree: plan.path }
  throw new WorkspaceError('HUMAN_REQUIRED', {
    code: 'WORKTREE_LOST',
    message: `The repository ${plan.repository} knows nothing any more of the worktree ${plan.path}`,
    hint: 'Save the files that are to be kept, and remove the workspace with force.',
  })
}

/** Whether the `.git` file in a folder points to this worktree's administrative folder. */
async function leadsTo(path: string, gitDir: string): Promise<boolean> {
  return (await readGitFile(path)) === gitDir
}

/** Updates the repository's registration of a worktree that was moved or repaired. */
async function keepKnown({ path, repository }: WorktreePlan, gitDir: string, call: GitCall): Promise<void> {
  const isKnown = (await readStanding(gitDir)) === path
  if (isKnown && (await isOf(gitDir, repository))) return
  await change(repository, call, async () => {
    await writeAnew(join(gitDir, 'gitdir'), `${join(path, '.git')}\n`)
    await writeAnew(join(gitDir, 'commondir'), '../..\n')
  })
}

/** Creates a worktree with its branch checked out. Its path must be free. */
export async function addWorktree(plan: WorktreePlan, call: GitCall): Promise<void> {
  await refuseElsewhere(plan, call)
  const at = await register(plan, plan.path, call)
  // Outside of the worktrees lock, since this may take long.
  await runGit(['read-tree', 'HEAD'], { at, ...call })
  await refuseUntrusted(at, call)
  const args = ['reset', '--hard', '--quiet', '--no-recurse-submodules']
  await runGit(args, { at, timeoutMs: CHECKOUT_MS, ...call })
}

/** Registers a worktree in its repository, without checking out any files. */
async function register(plan: WorktreePlan, path: string, call: GitCall): Promise<GitPlace> {
  const { repository, branch } = plan
  const args = ['worktree', 'add', '--quiet', '--no-checkout', path, branch]
  return change(repository, call, async () => {
    await mkdir(adminFolder(repository), { recursive: true })
    await runGit(args, { at: atRepository(repository), ...call })
    const gitDir = await findByStanding(repository, path)
    if (gitDir === null) throw new Error(`git added a worktree ${path} and does not know it`)
    await writeAnew(join(path, '.git'), `gitdir: ${gitDir}\n`)
    await keepSparse(repository, gitDir, call)
    return { repository, gitDir, workTree: path }
  })
}

/** Copies the sparse-checkout settings of the repository's main working tree to a worktree. */
async function keepSparse(repository: string, gitDir: string, call: GitCall): Promise<void> {
  const { settings } = await call.seals.of(atRepository(repository))
  const own = settings.filter(({ scope, key }) => scope === 'worktree' && SPARSE.includes(key))
  for (const { key, value } of own)
    await runGit(['config', '--file', join(gitDir, 'config.worktree'), key, value ?? 'true'], {
      at: atRepository(repository),
      ...call,
    })
}

const SPARSE = ['core.sparsecheckout', 'core.sparsecheckoutcone', 'index.sparse']

/** Changes the worktree registrations of a repository, under the exclusive lock. */
function change<T>(repository: string, { signal }: Partial<GitCall>, body: () => Promise<T>): Promise<T> {
  return withWorktreesLocked(repository, { kind: 'exclusive', signal }, body)
}

/**
 * Reconnects a folder with its repository, where either has lost the other: the files in it are kept, changed ones
 * too.
 *
 * @param draft a path that nothing else uses
 * @throws {@link WorkspaceError} `PATH_TAKEN` where it is not a folder, or is a separate repository
 */
export async function repairWorktree(plan: WorktreePlan, draft: string, call: GitCall): Promise<void> {
  const link = join(plan.path, '.git')
  const folder = await lstat(plan.path)
  const inside = await lstat(link).catch(() => null)
  if (!folder.isDirectory() || inside?.isDirectory() === true) throw pathTaken(plan.path)
  const known = await findGitDir(plan)
  if (known !== null) {
    await writeAnew(link, `gitdir: ${known}\n`)
    return keepKnown(plan, known, call)
  }
  await discardWorktree({ ...plan, path: draft, gitDir: null })
  await discardAdmin(plan)
  await refuseElsewhere(plan, call)
  const { gitDir } = await register(plan, draft, call)
  // Fills only the index: the files are those of the existing worktree.
  const at = { repository: plan.repository, gitDir, workTree: draft }
  await runGit(['read-tree', 'HEAD'], { at, ...call })
  await writeAnew(link, `gitdir: ${gitDir}\n`)
  await keepKnown(plan, gitDir, call)
  await rm(draft, { recursive: true, force: true })
}

/** Atomically replaces what is at a path by a file. */
async function writeAnew(path: string, content: string): Promise<void> {
  const draft = `${path}.pawl`
  await rm(draft, { recursive: true, force: true })
  await writeFile(draft, content, { flag: 'wx' })
  await rename(draft, path)
}

/** Removes a worktree with all its files, and its registration. Its branch is kept. */
export async function discardWorktree(plan: WorktreePlan): Promise<void> {
  await removeTree(plan.path)
  await discardAdmin(plan)
}

async function discardAdmin(plan: WorktreePlan): Promise<void> {
  const known = (await findGitDir(plan)) ?? (await findUnfinished(plan))
  if (known !== null) await change(plan.repository, {}, () => rm(known, { recursive: true, force: true }))
}

/**
 * Finds the repository's administrative folder of a worktree: the recorded one where it is still valid; otherwise
 * the one registered for this path; otherwise one that has this branch checked out and whose working tree is
 * missing.
 */
export async function findGitDir(plan: WorktreePlan): Promise<string | null> {
  const { repository, branch, gitDir } = plan
  const isKnown = gitDir !== null && dirname(gitDir) === adminFolder(repository)
  if (isKnown && (await readStanding(gitDir)) !== null) return gitDir
  return (await findByStanding(repository, plan.path)) ?? (await findLost(repository, branch))
}

async function findByStanding(repository: string, path: string): Promise<string | null> {
  return findAdmin(repository, async (gitDir) => (await readStanding(gitDir)) === path)
}

async function findLost(repository: string, branch: string): Promise<string | null> {
  return findAdmin(repository, async (gitDir) => {
    const standing = await readStanding(gitDir)
    const head = await readSmall(join(gitDir, 'HEAD'))
    if (standing === null || head?.trim() !== `ref: ${branchRef(branch)}`) return false
    return lstat(standing).then(
      () => false,
      () => true,
    )
  })
}

/** Finds the administrative folder of a worktree whose creation for this path was interrupted. */
async function findUnfinished({ repository, path }: WorktreePlan): Promise<string | null> {
  return findAdmin(repository, async (gitDir) => {
    return basename(gitDir) === basename(path) && (await readStanding(gitDir)) === null
  })
}

async function findAdmin(
  repository: string,
  isIts: (gitDir: string) => Promise<boolean>,
): Promise<string | null> {
  const folder = adminFolder(repository)
  const names = await readdir(folder).catch(() => [])
  for (const name of names) if (await isIts(join(folder, name))) return join(folder, name)
  return null
}

/**
 * Refuses a branch that is checked out at another path.
 *
 * @throws {@link WorkspaceError} `BRANCH_IN_USE`
 */
export async function refuseElsewhere(
  { path, repository, branch }: Omit<WorktreePlan, 'gitDir'>,
  call: GitCall,
): Promise<void> {
  const other = (await listWorktrees(repository, call)).find((worktree) => worktree.branch === branch)
  if (!other || other.path === path) return
  throw new WorkspaceError('HUMAN_REQUIRED', {
    code: 'BRANCH_IN_USE',
    message: `The branch ${branch} is checked out in ${other.path}`,
    hint: 'Check out another branch there, or remove that worktree. Workers of one machine need the same workspace.root.',
  })
}

/** The error for a worktree path that something else occupies. */
export function pathTaken(path: string): WorkspaceError {
  return new WorkspaceError('HUMAN_REQUIRED', {
    code: 'PATH_TAKEN',
    message: `Where the worktree is to stand, there is something else: ${path}`,
    hint: 'Move it away.',
  })
}

/** Removes a folder, even where folders in it are read-only. */
async function removeTree(path: string): Promise<void> {
  try {
    await rm(path, { recursive: true, force: true })
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    if (code !== 'EACCES' && code !== 'EPERM') throw error
    await openFolders(path)
    await rm(path, { recursive: true, force: true })
  }
}

async function openFolders(path: string): Promise<void> {
  await chmod(path, 0o700)
  for (const entry of await readdir(path, { withFileTypes: true }))
    if (entry.isDirectory()) await openFolders(join(path, entry.name))
}
