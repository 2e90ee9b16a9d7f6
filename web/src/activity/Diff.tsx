import { loadable } from '../elements/loadable.tsx'
import type { Commenting } from './diff/feedback.ts'

interface DiffProps {
  /** A patch of git. */
  readonly patch: string
  /** What the viewed marks belong to: the run, say. */
  readonly scope: string
  readonly commenting?: Commenting | undefined
}

// The reader of patches and the highlighter are loaded when a difference is first shown.

/** A patch of git, by file; until its code is loaded as text. */
export const Diff = loadable<DiffProps>(async () => (await import('./diff/Patches.tsx')).PatchView, {
  fallback: ({ patch }) => <pre className="source">{patch}</pre>,
})

interface TextDiffProps {
  readonly path: string
  readonly before: string
  readonly after: string
}

/** What has changed from one text to the next. */
export const TextDiff = loadable<TextDiffProps>(async () => (await import('./diff/Patches.tsx')).TextsView)
