import type { DiffFile } from './parseDiff.ts'

/** How many lines were added and removed. */
export function Counts({ file }: { readonly file: DiffFile }) {
  if (file.isBinary) return <span className="soft">binary</span>
  return (
    <span className="diff-counts">
      <span className="plus">+{file.insertions}</span> <span className="minus">−{file.deletions}</span>
    </span>
  )
}
