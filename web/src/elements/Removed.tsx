import type { ContentRemoval } from '@pawl/sdk'
import { Shape } from './Shape.tsx'
import { formatTime } from './time.ts'

/** Stands where content was, after its time of retention: what it was, when it was removed and by whom. */
export function Removed({ what, removal }: { readonly what: string; readonly removal: ContentRemoval }) {
  return (
    <p className="soft" data-removed>
      {what} {describeRemoval(removal)}.
    </p>
  )
}

/** On top of the page of a run whose content was removed: what is gone, and what stays. */
export function RunRemoved({ removal }: { readonly removal: ContentRemoval }) {
  return (
    <div className="verdict tone-quiet" data-removed="run">
      <Shape tone="quiet" />
      <div>
        <h2>The content of this run {describeRemoval(removal)}</h2>
        <p>
          Gone are its input and output, what its agents were told and said, and the texts of its files,
          questions, messages and errors: those read “(removed)”. What happened, when and by whom is still
          here, and the hash of each file.
        </p>
      </div>
    </div>
  )
}

function describeRemoval({ removedAt, removedBy }: ContentRemoval): string {
  const by = removedBy === 'system' ? 'by the server, after its time of retention' : `by ${removedBy}`
  return `was removed on ${formatTime(removedAt)} ${by}`
}
