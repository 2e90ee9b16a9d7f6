import { useMemo } from 'react'
import type { Commenting } from './feedback.ts'
import { DiffView } from './DiffView.tsx'
import { compareTexts, parseDiff } from './parseDiff.ts'

interface PatchViewProps {
  readonly patch: string
  readonly scope: string
  readonly commenting?: Commenting | undefined
}

/** A patch, by file; as text if it is none that can be read. */
export function PatchView({ patch, scope, commenting }: PatchViewProps) {
  const files = useMemo(() => readFiles(patch), [patch])
  if (!files || files.length === 0)
    return (
      <pre className="source" tabIndex={0}>
        {patch || '(empty)'}
      </pre>
    )
  return <DiffView files={files} scope={scope} commenting={commenting} />
}

interface TextsViewProps {
  readonly path: string
  readonly before: string
  readonly after: string
}

/** The difference of two texts, with some lines around each change. */
export function TextsView({ path, before, after }: TextsViewProps) {
  const file = useMemo(() => compareTexts(path, before, after), [path, before, after])
  if (file.hunks.length === 0) return <p className="soft">Nothing has changed.</p>
  return <DiffView files={[file]} scope={path} />
}

function readFiles(patch: string) {
  try {
    return parseDiff(patch)
  } catch {
    return undefined
  }
}
