import { Counts } from './Counts.tsx'
import type { Commenting } from './feedback.ts'
import { DiffRows } from './DiffRows.tsx'
import { useHighlighted } from './highlight.ts'
import type { DiffFile } from './parseDiff.ts'

interface DiffFileViewProps {
  readonly id: string
  readonly file: DiffFile
  readonly isSplit: boolean
  readonly isOpen: boolean
  readonly isViewed: boolean
  readonly commenting: Commenting | undefined
  readonly onTurn: () => void
  readonly onView: () => void
}

const CHANGE: Readonly<Record<DiffFile['change'], string>> = {
  added: 'new',
  modified: 'changed',
  deleted: 'deleted',
  renamed: 'renamed',
}

/** One file of the changes, with its fold and its viewed mark. */
export function DiffFileView(props: DiffFileViewProps) {
  const { id, file, isSplit, isOpen, isViewed, commenting, onTurn, onView } = props
  const { path, previousPath, change, isBinary, hunks } = file
  const highlighted = useHighlighted(file, isOpen)
  const own = commenting?.comments.filter((comment) => comment.path === path).length ?? 0
  return (
    <section id={id} className="diff-file" aria-label={path} data-diff-file={path}>
      <header className="diff-file-head">
        <button type="button" className="diff-fold" aria-expanded={isOpen} onClick={onTurn}>
          <span aria-hidden="true">{isOpen ? '▾' : '▸'}</span>
          <code>{previousPath === null ? path : `${previousPath} → ${path}`}</code>
        </button>
        <span className="soft">{CHANGE[change]}</span>
        <Counts file={file} />
        {own > 0 && (
          <span className="soft">
            {own} {own === 1 ? 'comment' : 'comments'}
          </span>
        )}
        <label className="check diff-viewed">
          <input type="checkbox" checked={isViewed} onChange={onView} />
          Viewed
        </label>
      </header>
      {isOpen &&
        (hunks.length === 0 ? (
          <p className="soft diff-none">{describeNone(file)}</p>
        ) : (
          <DiffRows file={file} isSplit={isSplit} highlighted={highlighted} commenting={commenting} />
        ))}
    </section>
  )

  function describeNone({ change }: DiffFile): string {
    if (isBinary) return 'A binary file: its content is not shown.'
    return change === 'renamed'
      ? 'Its content is the same.'
      : 'No line differs: it is empty, or its mode changed.'
  }
}
