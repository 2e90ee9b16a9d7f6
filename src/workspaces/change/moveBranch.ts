import { baseNotClean } from './baseNotClean.ts'
import { atRepository, type GitPlace } from '../git/place.ts'
import { askGit, type GitCall, runGit, splitNul } from '../git/runGit.ts'
import { findCheckouts } from '../place/findCheckouts.ts'
import { refuseUnkept } from './refuseUnkept.ts'
import { branchRef, readCommit } from '../place/repository.ts'
import { listUncommitted } from '../place/snapshot.ts'

/** The move of a branch from one commit to another. */
export interface Move {
  readonly repository: string
  readonly branch: string
  readonly from: string
  readonly to: string
  /** The message for the branch's reflog. */
  readonly because: string
}

/**
 * Moves a branch to a commit, together with every working tree that has it checked out, unless the branch has been
 * moved concurrently. Changes in such a working tree are kept; where they conflict with the move, it is refused.
 *
 * @returns false where the branch is at another commit by now; nothing is changed then
 * @throws WorkspaceError `BASE_NOT_CLEAN` with the conflicting files; `BASE_BUSY`; nothing is changed then
 */
export async function moveBranch(move: Move, call: GitCall): Promise<boolean> {
  const { repository, from, to, because } = move
  const ref = branchRef(move.branch)
  const brought: GitPlace[] = []
  try {
    // The working trees are updated first: a branch ahead of its files would look as if the work had been undone.
    // Those updated before a kill are accepted as they are by the next attempt.
    for (const checkout of await findCheckouts(repository, move.branch, call)) {
      await bringAlong(checkout, move, call)
      brought.push(checkout)
    }
    await runGit(['update-ref', '-m', because, ref, to, from], { at: atRepository(repository), ...call })
    return true
  } catch (error) {
    const still = { ...call, signal: undefined }
    for (const checkout of brought) await readTrees(checkout, { from: to, to: from }, still)
    if ((await readCommit(repository, ref, still)) !== from) return false
    throw error
  }
}

async function bringAlong(checkout: GitPlace, move: Move, call: GitCall): Promise<void> {
  await refuseUnkept(checkout, move, call)
  try {
    await readTrees(checkout, move, call)
  } catch (error) {
    const inTheWay = await findInTheWay(checkout, move, call)
    throw inTheWay.length > 0 ? baseNotClean(checkout, inTheWay, error) : error
  }
}

type Step = Pick<Move, 'from' | 'to'>

/** Updates a working tree from one commit to another; changes nothing where local changes conflict. */
async function readTrees(checkout: GitPlace, { from, to }: Step, call: GitCall): Promise<void> {
  const options = { at: checkout, timeoutMs: CHECKOUT_MS, ...call }
  await runGit(['update-index', '-q', '--refresh'], { ...options, accept: [0, 1] })
  await runGit(['read-tree', '-m', '-u', from, to], options)
}

/** The timeout for updating a large working tree, in milliseconds. */
const CHECKOUT_MS = 30 * 60_000

async function findInTheWay(checkout: GitPlace, { from, to }: Step, call: GitCall): Promise<string[]> {
  const args = ['diff-tree', '-r', '--name-only', '--no-renames', '-z', from, to]
  const concerned = splitNul(await askGit(args, { at: checkout, ...call }))
  const left = await listUncommitted(checkout, call)
  const isBelow = (path: string, folder: string) => path.startsWith(`${folder.replace(/\/$/, '')}/`)
  return left.filter((path) =>
    concerned.some((other) => other === path || isBelow(path, other) || isBelow(other, path)),
  )
}
