import { chmod, lstat, readFile, readdir, realpath, rename, rm, writeFile } from 'node:fs/promises'
import { basename, join } from 'node:path'
import { askGit, type GitCall, runGit } from './git.ts'
import { findRepository, listWorktrees } from './repository.ts'
import { WorkspaceError } from './workspaceError.ts'
import { withWorktreesLocked } from './worktreesLock.ts'

/** A worktree that is to be there. */
export interface WorktreePlan {
  /** Absolute and canonical. */
  readonly path: string
  readonly repository: string
  readonly branch: string
}

/** The longest that filling a worktree may take, in milliseconds. */
const CHECKOUT_MS = 30 * 60_000

/** What stands at a path: nothing (or an empty folder), the worktree of this repository, or anything else. */
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
  try {
    const options = { cwd: plan.path, ...call }
    const top = await askGit(['rev-parse', '--path-format=absolute', '--show-toplevel'], options)
    const isOwn =
      (await realpath(top)) === plan.path && (await findRepository(plan.path, call)) === plan.repository
    if (!isOwn) return 'OTHER'
    await keepKnown(plan, call)
    return 'WORKTREE'
  } catch (error) {
    if (error instanceof WorkspaceError && error.code === 'NOT_A_REPOSITORY') return 'OTHER'
    throw error
  }
}

/** Lets the repository know where its worktree stands, where it was moved or put back together. */
async function keepKnown({ path, repository }: WorktreePlan, call: GitCall): Promise<void> {
  const gitDir = await askGit(['rev-parse', '--absolute-git-dir'], { cwd: path, ...call })
  const known = await readFile(join(gitDir, 'gitdir'), 'utf8').catch(() => '')
  if (known.trim() !== join(path, '.git'))
    await change(repository, call, () => runGit(['worktree', 'repair', path], { cwd: repository, ...call }))
}

/** Makes a worktree with its branch checked out. Nothing may stand at its path. */
export async function addWorktree(plan: WorktreePlan, call: GitCall): Promise<void> {
  await refuseElsewhere(plan, call)
  await register(plan, plan.path, call)
  // Apart from that, since others wait for it: this may take long.
  const args = ['reset', '--hard', '--quiet', '--no-recurse-submodules']
  await runGit(args, { cwd: plan.path, timeoutMs: CHECKOUT_MS, ...call })
}

/** Lets the repository know of a worktree, with nothing in it yet. */
async function register({ repository, branch }: WorktreePlan, path: string, call: GitCall): Promise<void> {
  const args = ['worktree', 'add', '--quiet', '--no-checkout', path, branch]
  await change(repository, call, () => runGit(args, { cwd: repository, ...call }))
}

/** Changes what the repository knows of its worktrees. */
function change<T>(repository: string, { signal }: GitCall, body: () => Promise<T>): Promise<T> {
  return withWorktreesLocked(repository, { kind: 'exclusive', signal }, body)
}

/**
 * Makes a folder the worktree again that it was, when it no longer knows its repository or its repository no longer knows it: the
 * files in it stay as they are, changed ones too. `draft` is a path that nothing else uses.
 *
 * @throws {@link WorkspaceError} `PATH_TAKEN` where it is no folder, or a repository of its own
 */
export async function repairWorktree(plan: WorktreePlan, draft: string, call: GitCall): Promise<void> {
  const link = join(plan.path, '.git')
  const folder = await lstat(plan.path)
  const inside = await lstat(link).catch(() => null)
  if (!folder.isDirectory() || inside?.isDirectory() === true) throw pathTaken(plan.path)
  const known = await findAdminDir(plan)
  if (known !== null) {
    await rm(link, { recursive: true, force: true })
    await writeFile(link, `gitdir: ${known}\n`)
    return
  }
  await discardWorktree({ ...plan, path: draft })
  await refuseElsewhere(plan, call)
  await register(plan, draft, call)
  await runGit(['read-tree', 'HEAD'], { cwd: draft, ...call })
  await rm(link, { recursive: true, force: true })
  await rename(join(draft, '.git'), link)
  await keepKnown(plan, call)
  await rm(draft, { recursive: true, force: true })
}

/** Removes a worktree with all that is in it, and lets its repository forget it. Its branch stays. */
export async function discardWorktree(plan: Omit<WorktreePlan, 'branch'>): Promise<void> {
  await removeTree(plan.path)
  const known = await findAdminDir(plan)
  if (known !== null) await change(plan.repository, {}, () => rm(known, { recursive: true, force: true }))
}

/** Where a repository keeps what it knows of a worktree; also of one that was begun and never finished. */
async function findAdminDir({ path, repository }: Omit<WorktreePlan, 'branch'>): Promise<string | null> {
  const folder = join(repository, 'worktrees')
  const names = await readdir(folder).catch(() => [])
  for (const name of names) {
    const told = await readFile(join(folder, name, 'gitdir'), 'utf8').catch(() => null)
    const isIts = told === null ? name === basename(path) : told.trim() === join(path, '.git')
    if (isIts) return join(folder, name)
  }
  return null
}

/** Refuses a branch that is checked out in another place. */
export async function refuseElsewhere(
  { path, repository, branch }: WorktreePlan,
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

/** Something stands where a worktree is to stand. */
export function pathTaken(path: string): WorkspaceError {
  return new WorkspaceError('HUMAN_REQUIRED', {
    code: 'PATH_TAKEN',
    message: `Where the worktree is to stand, there is something else: ${path}`,
    hint: 'Move it away.',
  })
}

/** Removes a folder, read-only folders in it included. */
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
