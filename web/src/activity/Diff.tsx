import { lazy, Suspense } from 'react'
import type { Commenting } from './diff/feedback.ts'

// The reader of patches and the highlighter are loaded when a difference is first shown.
const Patch = lazy(async () => ({ default: (await import('./diff/Patches.tsx')).PatchView }))
const Texts = lazy(async () => ({ default: (await import('./diff/Patches.tsx')).TextsView }))

interface DiffProps {
  /** A patch of git. */
  readonly patch: string
  /** What the viewed marks belong to: the run, say. */
  readonly scope: string
  readonly commenting?: Commenting | undefined
}

/** A patch of git, by file; until its code is loaded as text. */
export function Diff(props: DiffProps) {
  return (
    <Suspense fallback={<pre className="source">{props.patch}</pre>}>
      <Patch {...props} />
    </Suspense>
  )
}

interface TextDiffProps {
  readonly path: string
  readonly before: string
  readonly after: string
}

/** What has changed from one text to the next. */
export function TextDiff(props: TextDiffProps) {
  return (
    <Suspense fallback={<p className="soft">Loading …</p>}>
      <Texts {...props} />
    </Suspense>
  )
}
