import type { WorkspaceDiff } from '@pawl/sdk'
import { Patch } from './Patch.tsx'

/** What a run has changed in its worktree: the sums, the files, and the patch. */
export function DiffSummary({ diff }: { readonly diff: WorkspaceDiff }) {
  const { filesChanged, insertions, deletions, commitsAhead, files, patch, isTruncated } = diff
  return (
    <div className="pane">
      <p role="status">
        {filesChanged} {filesChanged === 1 ? 'file' : 'files'} changed,{' '}
        <span className="plus">+{insertions}</span> <span className="minus">−{deletions}</span>,{' '}
        {commitsAhead} {commitsAhead === 1 ? 'commit' : 'commits'} ahead
      </p>
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
      {patch && <Patch text={patch} />}
      {isTruncated && <p className="soft">The patch is longer than what is kept.</p>}
    </div>
  )
}
