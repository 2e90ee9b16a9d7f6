import type { GitPlace } from '../git/place.ts'
import { askGit, type GitCall, type GitOptions, runGit, splitNul, withGit } from '../git/runGit.ts'
import { branchRef, readCommit } from '../place/repository.ts'
import { findPlace } from '../place/findPlace.ts'
import { takeSnapshot } from '../place/snapshot.ts'
import { listSubmodules } from '../place/submodules.ts'
import type { Worktree } from '../kit/workspace.ts'

/** How a changed file was changed. */
export type FileChange = 'ADDED' | 'MODIFIED' | 'DELETED' | 'RENAMED'

/** A file that differs from the base commit. */
export interface ChangedFile {
  readonly path: string
  /** The path before a rename; null where the file was not renamed. */
  readonly previousPath: string | null
  readonly change: FileChange
  /** Number of added lines; null for a binary file. */
  readonly insertions: number | null
  /** Number of deleted lines; null for a binary file. */
  readonly deletions: number | null
}

/** The differences between a worktree and the commit that its branch started from. */
export interface WorkspaceDiff {
  /** The commit that the branch is at; null where the branch no longer exists. */
  readonly head: string | null
  /** The git tree that was compared: all current files, ignored ones left out. */
  readonly tree: string
  /** Number of commits of the branch since its base commit. */
  readonly commitsAhead: number
  /** Total number of files that differ. */
  readonly filesChanged: number
  /** Total number of added lines. */
  readonly insertions: number
  /** Total number of deleted lines. */
  readonly deletions: number
  /** The files that differ, up to `maxFiles`, in order of path; those inside submodules come last. */
  readonly files: readonly ChangedFile[]
  readonly patch: string
  /** Whether the patch or the list of files was truncated. */
  readonly truncated: boolean
}

/** Limits of a diff. */
export interface DiffOptions {
  readonly signal?: AbortSignal | undefined
  /** The maximum size of the patch, in bytes; it is cut at the end of a line. Default 1 MiB. */
  readonly maxPatchBytes?: number
  /** The maximum number of files listed. Default 2,000. */
  readonly maxFiles?: number
}

/** Overrides settings that would change the format of a diff. */
const PLAIN = ['--no-ext-diff', '--no-textconv', '--no-color', '-l1000', '--submodule=short']
/** Overrides the `ignore` settings of submodules in .gitmodules. */
const SUBMODULES = '--ignore-submodules=dirty'
const PREFIXES = ['--src-prefix=a/', '--dst-prefix=b/']

/** The timeout for a large diff, in milliseconds. */
const DIFF_MS = 5 * 60_000

/**
 * Compares the current files of a worktree with its base commit: what its branch has committed, what is staged,
 * and what is changed or untracked and not ignored. Changes nothing in the worktree, its index or its repository.
 *
 * @throws WorkspaceError
 */
export async function diffWorkspace(worktree: Worktree, options: DiffOptions = {}): Promise<WorkspaceDiff> {
  const { signal, maxPatchBytes = 1024 * 1024, maxFiles = 2_000 } = options
  return withGit({ signal }, async (call) => {
    const at = await findPlace(worktree, call)
    const { tree, env } = await takeSnapshot(at, call)
    const compare = (args: readonly string[], more: Partial<GitOptions> = {}) =>
      runGit(['diff-tree', '-r', '-M', ...PLAIN, SUBMODULES, ...args, worktree.baseCommit, tree], {
        at,
        env,
        timeoutMs: DIFF_MS,
        ...call,
        ...more,
      })
    const changed = parseChanged((await compare(['--raw', '--numstat', '-z'])).stdout)
    const files = [...changed, ...(await listInside(at, call))]
    const patch = await compare(['-p', ...PREFIXES], { maxBytes: maxPatchBytes, cut: true })
    return {
      ...(await readBranch(at, worktree, call)),
      tree,
      filesChanged: files.length,
      insertions: sum(files.map(({ insertions }) => insertions)),
      deletions: sum(files.map(({ deletions }) => deletions)),
      files: files.slice(0, maxFiles),
      patch: toText(patch.stdout, patch.isCut),
      truncated: patch.isCut || files.length > maxFiles,
    }
  })
}

/**
 * The git tree of the current files of a worktree, the one that a diff of it compares: equal trees are equal files.
 *
 * @throws WorkspaceError
 */
export async function readTree(worktree: Worktree, signal?: AbortSignal): Promise<string> {
  return withGit({ signal }, async (call) => (await takeSnapshot(await findPlace(worktree, call), call)).tree)
}

/** Lists files in submodules that no commit of theirs holds, and that are thus in no tree of this repository. */
async function listInside(at: GitPlace, call: GitCall): Promise<ChangedFile[]> {
  const submodules = await listSubmodules(at, call)
  return submodules.flatMap(({ left, at: own }) => {
    const change = own === null ? ('ADDED' as const) : ('MODIFIED' as const)
    return left.map((path) => ({ path, previousPath: null, change, ...NO_LINES }))
  })
}

async function readBranch(
  at: GitPlace,
  { repository, branch, baseCommit }: Worktree,
  call: GitCall,
): Promise<Pick<WorkspaceDiff, 'head' | 'commitsAhead'>> {
  const head = await readCommit(repository, branchRef(branch), call)
  if (head === null || head === baseCommit) return { head, commitsAhead: 0 }
  const count = await askGit(['rev-list', '--count', `${baseCommit}..${head}`], { at, ...call })
  return { head, commitsAhead: Number(count) }
}

const CHANGES: Readonly<Record<string, FileChange>> = { A: 'ADDED', D: 'DELETED', R: 'RENAMED' }

type Lines = Pick<ChangedFile, 'insertions' | 'deletions'>

const NO_LINES: Lines = { insertions: null, deletions: null }

/** Parses what git prints for `--raw --numstat -z`: all files with how they changed, then all with their numbers of lines. */
function parseChanged(output: string): ChangedFile[] {
  const words = splitNul(output)
  const files: Omit<ChangedFile, keyof Lines>[] = []
  let at = 0
  while (words[at]?.startsWith(':')) {
    // :mode mode object object STATUS
    const status = words[at++]?.split(' ')[4] ?? ''
    const first = words[at++] ?? ''
    const change = CHANGES[status.charAt(0)] ?? 'MODIFIED'
    if (change === 'RENAMED') files.push({ path: words[at++] ?? '', previousPath: first, change })
    else files.push({ path: first, previousPath: null, change })
  }
  const lines = new Map<string, Lines>()
  while (at < words.length) {
    const [insertions, deletions, ...rest] = (words[at++] ?? '').split('\t')
    const inPlace = rest.join('\t')
    // A renamed file is followed by its old and its new path.
    const path = inPlace === '' ? (words[(at += 2) - 1] ?? '') : inPlace
    lines.set(
      path,
      insertions === '-' ? NO_LINES : { insertions: Number(insertions), deletions: Number(deletions) },
    )
  }
  return files.map((file) => ({ ...file, ...(lines.get(file.path) ?? NO_LINES) }))
}

function sum(numbers: readonly (number | null)[]): number {
  return numbers.reduce<number>((total, number) => total + (number ?? 0), 0)
}

/** Drops a partial last line, and replaces NUL characters, which databases do not accept in text. */
function toText(patch: string, isCut: boolean): string {
  const whole = isCut ? patch.slice(0, patch.lastIndexOf('\n') + 1) : patch
  return whole.replaceAll('\0', '\u{FFFD}')
}
