import { join } from 'node:path'
import { type HeldWorkspace, withIdleWorkspace, type WorktreeName } from '../place/findWorkspace.ts'
import { atRepository, type GitPlace } from '../git/place.ts'
import { askGit, type GitCall, runGit } from '../git/runGit.ts'
import type { Places } from '../record/places.ts'
import { readyWorkspace } from '../place/readyWorkspace.ts'
import { removeRecord, type WorkspaceRecord, writeRecord } from '../record/record.ts'
import { branchRef, readCommit, readCommitAt } from '../place/repository.ts'
import { listUncommitted } from '../place/snapshot.ts'
import { listSubmodules } from '../place/submodules.ts'
import { isWorktree, type Worktree } from '../kit/workspace.ts'
import { WorkspaceError } from '../kit/workspaceError.ts'
import { discardWorktree, inspectWorktree, placeOf, refuseElsewhere } from '../place/worktree.ts'

/** Which workspace to remove, and how. */
export interface RemoveOptions extends WorktreeName {
  /** Whether to remove it even where work that is unmerged or uncommitted is lost. Default false. */
  readonly force?: boolean
}

/**
 * Removes the worktree that was created for a run, and its branch. A directory is left unchanged, and only its
 * record is removed. Call it again to resume a removal that a kill interrupted.
 *
 * @returns whether anything was removed; false where nothing was left, or the workspace is a directory
 * @throws {@link WorkspaceError} `UNMERGED_WORK` with the files that are in no commit; `WORKSPACE_IN_USE`,
 *   `BRANCH_IN_USE` and others
 */
export async function removeWorkspace({ force = false, ...name }: RemoveOptions): Promise<boolean> {
  return withIdleWorkspace(name, async (held) => {
    const { places, record, call } = held
    if (record === null || record.owner !== name.owner) return false
    if (!isWorktree(record)) {
      await forget(held, record)
      return false
    }
    await refuseElsewhere(record, call)
    if (!force) await refuseUnmerged(places, record, call)
    await writeRecord(places, { ...record, state: 'REMOVING' })
    await discardWorktree(record)
    await deleteBranch(record, call)
    await forget(held, record)
    return true
  })
}

async function forget({ places, locks }: HeldWorkspace, { owner }: WorkspaceRecord): Promise<void> {
  await removeRecord(places, owner)
  for (const lock of locks) lock.remove()
}

async function deleteBranch({ repository, branch }: Worktree, call: GitCall): Promise<void> {
  const options = { at: atRepository(repository), ...call }
  const tip = await readCommit(repository, branchRef(branch), call)
  if (tip !== null) await runGit(['update-ref', '-d', branchRef(branch), tip], options)
  // Removes the branch's section of the config, which a push may have written. It may be missing.
  const args = ['config', '--file', join(repository, 'config'), '--remove-section', `branch.${branch}`]
  await runGit(args, { ...options, accept: [0, 3, 5, 128] })
}

async function refuseUnmerged(
  places: Places,
  record: WorkspaceRecord & Worktree,
  call: GitCall,
): Promise<void> {
  const { repository, branch, state } = record
  // Only a READY worktree can contain anyone's work.
  const isThere = state === 'READY' && (await inspectWorktree(record, call)) !== 'NOTHING'
  const tips = [await readCommit(repository, branchRef(branch), call)]
  if (isThere) {
    await readyWorkspace(places, record, call)
    const at = await placeOf(record)
    const left = [...(await listUncommitted(at, call)), ...(await listInside(at, call))]
    if (left.length > 0) throw uncommitted(record, left)
    tips.push(await readCommitAt(at, 'HEAD', call))
  }
  for (const tip of tips) if (tip !== null && !(await isKept(record, tip, call))) throw unmerged(record, tip)
}

/**
 * Whether a commit is in the base branch, local or as last fetched; where there is no base branch, in any other
 * branch or tag.
 */
async function isKept({ repository, branch, base, baseCommit }: Worktree, tip: string, call: GitCall) {
  if (tip === baseCommit) return true
  const where =
    base === null ? ['refs/heads', 'refs/remotes', 'refs/tags'] : [branchRef(base), `refs/remotes/*/${base}`]
  const args = ['for-each-ref', `--contains=${tip}`, '--format=%(refname)', ...where]
  const refs = (await askGit(args, { at: atRepository(repository), ...call })).split('\n')
  return refs.some((ref) => ref !== '' && ref !== branchRef(branch))
}

/**
 * Lists what removing the worktree would lose in its submodules: those that have been fetched, and files in the
 * others.
 */
async function listInside(at: GitPlace, call: GitCall): Promise<string[]> {
  const submodules = await listSubmodules(at, call)
  return submodules.flatMap(({ path, at: own, left }) => (own === null ? left : [`${path}/`]))
}

function uncommitted({ path }: Worktree, files: readonly string[]): WorkspaceError {
  return new WorkspaceError('HUMAN_REQUIRED', {
    code: 'UNMERGED_WORK',
    message: `${path} holds ${files.length} files or repositories with changes that are in no commit`,
    hint: 'Merge the workspace first, or remove it with force, and lose them.',
    files,
  })
}

function unmerged({ branch, base }: Worktree, tip: string): WorkspaceError {
  return new WorkspaceError('HUMAN_REQUIRED', {
    code: 'UNMERGED_WORK',
    message: `${tip.slice(0, 12)} of ${branch} is not merged into ${base ?? 'any other branch'}`,
    hint: 'Merge the workspace first, or remove it with force, and lose the work.',
  })
}
