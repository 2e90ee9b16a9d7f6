import type { WorkspaceDiff } from '@pawl/sdk'
import { Diff } from './Diff.tsx'
import type { Commenting } from './diff/feedback.ts'

interface DiffSummaryProps {
  readonly diff: WorkspaceDiff
  /** What the viewed marks belong to: the workspace or the run. */
  readonly scope: string
  readonly commenting?: Commenting | undefined
}

/** What a run has changed in its worktree: the sums, and the files. */
export function DiffSummary({ diff, scope, commenting }: DiffSummaryProps) {
  const { filesChanged, insertions, deletions, commitsAhead, patch, isTruncated } = diff
  return (
    <div className="pane">
      <p role="status">
        {filesChanged} {filesChanged === 1 ? 'file' : 'files'} changed,{' '}
        <span className="plus">+{insertions}</span> <span className="minus">−{deletions}</span>,{' '}
        {commitsAhead} {commitsAhead === 1 ? 'commit' : 'commits'} ahead
      </p>
      {patch && <Diff patch={patch} scope={scope} commenting={commenting} />}
      {patch === null && <FileList files={diff.files} />}
      {isTruncated && (
        <>
          <p className="soft">The patch is longer than what is kept. All files that differ:</p>
          <FileList files={diff.files} />
        </>
      )}
    </div>
  )
}

function FileList({ files }: Pick<WorkspaceDiff, 'files'>) {
  return (
    <ul className="changed">
      {files.map(({ path, previousPath, change, insertions, deletions }) => (
        <li key={path}>
          <code>{previousPath ? `${previousPath} → ${path}` : path}</code>
          <span className="soft">
            {change.toLowerCase()} {insertions !== null && `+${insertions}`}{' '}
            {deletions !== null && `−${deletions}`}
          </span>
        </li>
      ))}
    </ul>
  )
}
