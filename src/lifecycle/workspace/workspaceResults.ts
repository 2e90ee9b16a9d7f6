import type { InputIssue } from '../run/refusals.ts'
import type { FileChange, OperationKind } from './workspace.ts'

/** The results of workspace operations, by kind; STOP_PREVIEW and REMOVE have none. */

/** One file that differs from the base commit. */
export interface ChangedFile {
  readonly path: string
  /** The path before a rename; otherwise null. */
  readonly previousPath: string | null
  readonly change: FileChange
  /** Lines; null for a binary file. */
  readonly insertions: number | null
  readonly deletions: number | null
}

/** The result of a DIFF, without the patch. */
export interface DiffResult {
  /** The commit that the branch is at. */
  readonly head: string | null
  /** The git tree that was compared; null or absent where the worker did not tell it. */
  readonly tree?: string | null
  /** Commits of the branch since its base. */
  readonly commitsAhead: number
  /** Total number of files that differ; the list may be truncated. */
  readonly filesChanged: number
  readonly insertions: number
  readonly deletions: number
  readonly files: readonly ChangedFile[]
  /** True if the patch or the list of files was truncated. */
  readonly truncated: boolean
}

/** The result of a MERGE. */
export interface MergeResult {
  /** The commit that now contains the work. */
  readonly commit: string
  /** The branch it was merged into. */
  readonly into: string
}

/** The result of a START_PREVIEW. */
export interface PreviewResult {
  readonly url: string | null
  /** Process id on the machine. */
  readonly pid: number | null
}

/** The result reported by a worker: only the field of the operation's kind is set. */
export interface GivenResult {
  readonly diff?: (DiffResult & { readonly patch: string }) | null | undefined
  readonly merge?: MergeResult | null | undefined
  readonly preview?: PreviewResult | null | undefined
}

/** The result field of each kind of operation on success; null if the kind has none. */
export const RESULT_FIELD = {
  DIFF: 'diff',
  MERGE: 'merge',
  START_PREVIEW: 'preview',
  STOP_PREVIEW: null,
  REMOVE: null,
} as const satisfies Record<OperationKind, keyof GivenResult | null>

const FIELDS = ['diff', 'merge', 'preview'] as const

/**
 * Returns the mistakes in a reported end of an operation: with an error no result may be set, otherwise exactly the
 * field of its kind.
 */
export function resultIssues(kind: OperationKind, given: GivenResult, hasError: boolean): InputIssue[] {
  const expected = hasError ? null : RESULT_FIELD[kind]
  return FIELDS.flatMap((field) => {
    const isGiven = given[field] != null
    if (isGiven === (field === expected)) return []
    const message = isGiven
      ? `is not what ${hasError ? 'a failed operation' : kind} comes to`
      : `is what ${kind} comes to, where there is no error`
    return [{ path: ['result', field], message }]
  })
}
