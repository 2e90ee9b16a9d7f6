import type { StoredRun, Usage } from '@pawl/sdk'
import { Fragment, memo } from 'react'
import type { ReactNode } from 'react'
import { Ago } from '../../elements/Age.tsx'
import { Badge } from '../../elements/Badge.tsx'
import { describeCosts } from '../../elements/describeCosts.ts'
import { Link } from '../../elements/Link.tsx'
import { wordOfRun } from '../../elements/words.ts'
import { describePlace, type FieldKey } from './fields.ts'

interface TableRowProps {
  readonly run: StoredRun
  readonly usage: Usage | null | undefined
  readonly fields: readonly FieldKey[]
  readonly isChosen: boolean
  onChoose(id: string, isChosen: boolean): void
}

/** A run in the table. */
export const TableRow = memo(function TableRow({ run, usage, fields, isChosen, onChoose }: TableRowProps) {
  const { id, title, status } = run
  return (
    <tr data-run-id={id} data-status={status} aria-selected={isChosen}>
      <td className="runs-choice">
        <label className="runs-check">
          <span className="hidden">Choose {title ?? id}</span>
          <input type="checkbox" checked={isChosen} onChange={() => onChoose(id, !isChosen)} />
        </label>
      </td>
      {fields.map((key) => (
        <td key={key} className={`runs-${key}`}>
          {drawField(key, run, usage)}
        </td>
      ))}
    </tr>
  )
})

function drawField(key: FieldKey, run: StoredRun, usage: Usage | null | undefined): ReactNode {
  switch (key) {
    case 'status':
      return run.status && <Badge word={wordOfRun(run.status, run.outcome)} />
    case 'title':
      return <Link to={`/runs/${run.id}`}>{run.title ?? run.id}</Link>
    case 'workflow':
      return run.workflow?.name
    case 'phase':
      return describePlace(run)
    case 'owner':
      return run.settledAt ? '' : run.lease?.owner
    case 'labels':
      return run.labels?.map((label) => (
        <Fragment key={label}>
          <span className="label">{label}</span>{' '}
        </Fragment>
      ))
    case 'project':
      return run.project
    case 'cost':
      return usage ? describeCosts(usage) : ''
    case 'created':
      return run.createdAt && <Ago at={run.createdAt} />
    case 'activity':
      return run.lastActivityAt && <Ago at={run.lastActivityAt} />
    case 'id':
      return <code>{run.id}</code>
  }
}
