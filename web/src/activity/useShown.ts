import type { Approval, Artifact, Pawl, WorkspaceDiff } from '@pawl/sdk'
import { isSuccess } from '@pawl/sdk'
import { useState } from 'react'
import { describeError } from '../elements/Problem.tsx'
import type { LoadedContent } from './useArtifactContent.ts'
import { useArtifactContent } from './useArtifactContent.ts'
import { useRunData } from './useRunData.ts'

/** What is shown with an open review beside its question. */
export interface Shown {
  /** The file that it is about; null: none. */
  readonly file: Artifact | null
  readonly content: LoadedContent
  /** What the run has changed in its worktree; null: it has none. */
  readonly diff: WorkspaceDiff | null
  /** Whether something is being loaded. */
  readonly isLoading: boolean
  /** What can't be shown, and why, in words. */
  readonly lacking: readonly string[]
  /** Loads again what could not be loaded. */
  refresh(): void
}

/** How long the worker of the machine may take for the changes, in milliseconds. */
const DIFF_MS = 30_000

/**
 * Loads the file and the changes that an approval is about.
 *
 * @param mayDecide whether the viewer may decide it: only then is the worker asked for the changes, and only for an open review
 */
export function useShown(approval: Approval, mayDecide: boolean): Shown {
  const { id, digest, kind, status } = approval
  const [attempt, setAttempt] = useState(0)
  const hasChanges = mayDecide && kind === 'REVIEW' && status === 'PENDING'
  const file = useRunData(`approval ${id} ${digest} ${attempt}`, undefined, (pawl, signal) =>
    findFile(pawl, approval, signal),
  )
  const content = useArtifactContent(file.value?.id)
  const diff = useRunData(`changes ${id} ${hasChanges} ${attempt}`, undefined, (pawl, signal) =>
    hasChanges ? readDiff(pawl, approval, signal) : Promise.resolve(NO_DIFF),
  )
  const isContentMissing = Boolean(file.value) && content.value === undefined
  return {
    file: file.value ?? null,
    content,
    diff: diff.value?.diff ?? null,
    isLoading:
      (file.value === undefined && file.error === undefined) ||
      (isContentMissing && content.error === undefined) ||
      (diff.value === undefined && diff.error === undefined),
    lacking: [
      ...describeLack('The file', file.error ?? (isContentMissing ? content.error : undefined)),
      ...(file.value && content.value?.content === null
        ? ['The server keeps only the hash of the file.']
        : []),
      ...(diff.value?.lacking ?? describeLack('What has changed', diff.error)),
    ],
    refresh: () => setAttempt((before) => before + 1),
  }
}

/** The last valid artifact of the approval's attempt. */
async function findFile(
  pawl: Pawl,
  { id, phase, attempt }: Approval,
  signal: AbortSignal,
): Promise<Artifact | null> {
  if (!phase) return null
  const detail = await pawl.approvals.get(id, { signal })
  return detail?.phase?.artifacts.nodes.find((file) => file.attempt === attempt && file.isValid) ?? null
}

interface FoundDiff {
  readonly diff: WorkspaceDiff | null
  readonly lacking: readonly string[]
}

const NO_DIFF: FoundDiff = { diff: null, lacking: [] }

/** Asks the worker of the run's machine for the changes. A run without a worktree has none. */
async function readDiff(pawl: Pawl, { run, tree }: Approval, signal: AbortSignal): Promise<FoundDiff> {
  const workspace = await pawl.workspaces.get(run.id, { signal })
  if (workspace?.kind !== 'WORKTREE') return NO_DIFF
  if (workspace.status === 'REMOVED')
    return { diff: null, lacking: ['The worktree of the run was removed, and its changes with it.'] }
  const result = await pawl.workspaces.perform(workspace.id, 'DIFF', { timeoutMs: DIFF_MS, signal })
  if (!isSuccess(result))
    return { diff: null, lacking: [`What has changed can’t be shown: ${result.message}.`] }
  const { diff } = result.operation
  if (diff === null || diff.patch === null) return { diff, lacking: ['The changes are no longer kept.'] }
  const hasChanged = tree !== null && diff.tree !== null && tree !== diff.tree
  return {
    diff,
    lacking: [
      ...(hasChanged
        ? ['The worktree has changed since this was asked: what is shown is its current state.']
        : []),
      ...(diff.isTruncated
        ? ['The changes are longer than what is kept: only their beginning is shown.']
        : []),
    ],
  }
}

function describeLack(what: string, error: unknown): string[] {
  return error === undefined ? [] : [`${what} could not be loaded. ${describeError(error)}`]
}
