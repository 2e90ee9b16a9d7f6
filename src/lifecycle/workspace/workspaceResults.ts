import type { InputIssue } from '../run/refusals.ts'
import type { FileChange, OperationKind } from './workspace.ts'

/** What an operation of a workspace came to, by its kind; STOP_PREVIEW and REMOVE come to nothing that is told. */

/** One file that differs from the base commit. */
export interface ChangedFile {
  readonly path: string
  /** What it was called before, where it was renamed. */
  readonly previousPath: string | null
  readonly change: FileChange
  /** Lines; null for a binary file. */
  readonly insertions: number | null
  readonly deletions: number | null
}

/** What a DIFF found, the patch apart. */
export interface DiffResult {
  /** The commit the branch stands at. */
  readonly head: string | null
  /** Commits of the branch since its base. */
  readonly commitsAhead: number
  /** Files that differ, in all: the list may be cut. */
  readonly filesChanged: number
  readonly insertions: number
  readonly deletions: number
  readonly files: readonly ChangedFile[]
  /** Whether the patch, or the list of files, was cut. */
  readonly truncated: boolean
}

/** What a MERGE made. */
export interface MergeResult {
  /** The commit that holds the work now. */
  readonly commit: string
  /** The branch that it was merged into. */
  readonly into: string
}

/** What a START_PREVIEW made. */
export interface PreviewResult {
  readonly url: string | null
  /** Process id on the machine. */
  readonly pid: number | null
}

/** What a worker tells at the end of an operation: the field of its kind, and no other. */
export interface GivenResult {
  readonly diff?: (DiffResult & { readonly patch: string }) | null | undefined
  readonly merge?: MergeResult | null | undefined
  readonly preview?: PreviewResult | null | undefined
}

/** The field that the success of each kind of operation is told in; null where there is nothing to tell. */
export const RESULT_FIELD = {
  DIFF: 'diff',
  MERGE: 'merge',
  START_PREVIEW: 'preview',
  STOP_PREVIEW: null,
  REMOVE: null,
} as const satisfies Record<OperationKind, keyof GivenResult | null>

const FIELDS = ['diff', 'merge', 'preview'] as const

/** What is wrong with how the end of an operation is told: with an error nothing else, else exactly what its kind comes to. */
export function resultIssues(kind: OperationKind, given: GivenResult, hasError: boolean): InputIssue[] {
  const expected = hasError ? null : RESULT_FIELD[kind]
  return FIELDS.flatMap((field) => {
    const isGiven = given[field] != null
    if (isGiven === (field === expected)) return []
    const message = isGiven
      ? `is not what ${hasError ? 'a failed operation' : kind} comes to`
      : `is what ${kind} comes to, where there is no error`
    return [{ path: [field], message }]
  })
}
