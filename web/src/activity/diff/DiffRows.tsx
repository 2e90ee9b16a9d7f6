import { useState } from 'react'
import type { KeyboardEvent, ReactNode } from 'react'
import type { Commenting } from './feedback.ts'
import type { HighlightedFile, Token } from './highlight.ts'
import { LineCommentForm } from './LineCommentForm.tsx'
import type { DiffFile, DiffRow } from './parseDiff.ts'
import { splitRows } from './splitRows.ts'

interface DiffRowsProps {
  readonly file: DiffFile
  readonly isSplit: boolean
  readonly highlighted: HighlightedFile | undefined
  readonly commenting: Commenting | undefined
}

const SIGN: Readonly<Record<DiffRow['kind'], string>> = { same: ' ', added: '+', removed: '−' }

/** The lines of a file. With comments, each line number is a button; the arrow keys go from one to the next. */
export function DiffRows({ file, isSplit, highlighted, commenting }: DiffRowsProps) {
  const [written, setWritten] = useState<string>()
  const columns = isSplit ? 4 : 3

  const number = (row: DiffRow | null, side: 'before' | 'after') => {
    const line = row?.[side] ?? null
    const isPlace = row !== null && line !== null && (row.kind === 'removed') === (side === 'before')
    if (!commenting || !isPlace || row === null)
      return <td className={`diff-number ${classOf(row)}`}>{line}</td>
    return (
      <td className={`diff-number ${classOf(row)}`}>
        <button
          type="button"
          className="diff-place-button"
          tabIndex={-1}
          aria-label={`Comment on ${row.kind === 'removed' ? 'removed ' : ''}line ${line}`}
          onClick={() => setWritten(keyOf(row))}
        >
          {line}
        </button>
      </td>
    )
  }
  const code = (row: DiffRow | null) => (
    <td className={`diff-code ${classOf(row)}`}>
      {row && (
        <>
          <span className="diff-sign" aria-hidden={row.kind === 'same'}>
            {SIGN[row.kind]}
          </span>
          <Code row={row} highlighted={highlighted} />
        </>
      )}
    </td>
  )
  const notes = (rows: readonly (DiffRow | null)[]) =>
    rows.map((row) => {
      const line = row && lineOf(row)
      if (!row || line === null || !commenting) return null
      const isRemoved = row.kind === 'removed'
      const present = commenting.comments.find(
        (each) => each.path === file.path && each.line === line && each.isRemoved === isRemoved,
      )
      if (!present && written !== keyOf(row)) return null
      return (
        <tr key={`note ${keyOf(row)}`}>
          <td colSpan={columns}>
            <LineCommentForm
              where={`${file.path}:${line}`}
              text={present?.text ?? ''}
              isOpen={written === keyOf(row)}
              onOpen={() => setWritten(keyOf(row))}
              onSave={(text) => {
                commenting.set({ path: file.path, line, isRemoved, text })
                setWritten(undefined)
              }}
              onCancel={() => setWritten(undefined)}
            />
          </td>
        </tr>
      )
    })

  return (
    <div
      className="diff-scroll"
      tabIndex={0}
      role="region"
      aria-label={`Changes of ${file.path}`}
      onKeyDown={commenting && moveThroughLines}
    >
      <table className={isSplit ? 'diff-table diff-table-split' : 'diff-table'}>
        {file.hunks.map(({ head, rows }) => (
          <tbody key={head}>
            <tr className="diff-hunk">
              <td colSpan={columns}>{head}</td>
            </tr>
            {isSplit
              ? splitRows(rows).map(({ left, right }, index) => (
                  <Fragmented key={index} notes={notes(left === right ? [right] : [left, right])}>
                    <tr>
                      {number(left, 'before')}
                      {code(left)}
                      {number(right, 'after')}
                      {code(right)}
                    </tr>
                  </Fragmented>
                ))
              : rows.map((row) => (
                  <Fragmented key={keyOf(row)} notes={notes([row])}>
                    <tr>
                      {number(row, 'before')}
                      {number(row, 'after')}
                      {code(row)}
                    </tr>
                  </Fragmented>
                ))}
          </tbody>
        ))}
      </table>
    </div>
  )
}

function Fragmented({ children, notes }: { readonly children: ReactNode; readonly notes: ReactNode }) {
  return (
    <>
      {children}
      {notes}
    </>
  )
}

function Code({
  row,
  highlighted,
}: {
  readonly row: DiffRow
  readonly highlighted: HighlightedFile | undefined
}) {
  const tokens: readonly Token[] | undefined =
    row.after === null ? highlighted?.before.get(row.before ?? 0) : highlighted?.after.get(row.after)
  if (!tokens) return <>{row.text}</>
  return (
    <>
      {tokens.map(({ text, className }, index) =>
        className ? (
          <span key={index} className={className}>
            {text}
          </span>
        ) : (
          text
        ),
      )}
    </>
  )
}

function classOf(row: DiffRow | null): string {
  if (!row) return 'diff-empty'
  return row.kind === 'same' ? '' : `diff-${row.kind}`
}

function lineOf(row: DiffRow): number | null {
  return row.after ?? row.before
}

function keyOf({ kind, before, after }: DiffRow): string {
  return `${kind} ${before} ${after}`
}

/** From the table, or from one number, the arrow keys go to the next one. */
function moveThroughLines(event: KeyboardEvent<HTMLElement>): void {
  const step = { ArrowDown: 1, ArrowUp: -1 }[event.key]
  if (step === undefined || !(event.target instanceof HTMLElement) || event.target.closest('form')) return
  event.preventDefault()
  const stops = [...event.currentTarget.querySelectorAll<HTMLElement>('.diff-place-button')]
  const at = stops.indexOf(event.target)
  stops[at < 0 ? 0 : Math.min(stops.length - 1, Math.max(0, at + step))]?.focus()
}
