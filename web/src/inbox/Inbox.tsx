import type { RunStatus } from '@pawl/sdk'
import { useRuns } from '@pawl/sdk/react'
import { useMemo } from 'react'
import { describeError } from '../elements/Problem.tsx'
import { ApprovalCard } from '../activity/ApprovalCard.tsx'
import type { PendingApprovals } from './usePending.ts'

const WAITING: { statuses: RunStatus[] } = { statuses: ['AWAITING_APPROVAL', 'PAUSED'] }

/** All pending approvals, across all runs. */
export function Inbox({ pending }: { readonly pending: PendingApprovals }) {
  const { runs } = useRuns({ filter: WAITING, pageSize: 500 })
  const deciding = useMemo(
    () =>
      new Set(
        runs
          .filter(({ allowedCommands }) => allowedCommands?.includes('DECIDE_APPROVAL'))
          .map(({ id }) => id),
      ),
    [runs],
  )
  const { approvals, hasMore, error, refresh } = pending
  return (
    <main className="page">
      <h1>Approvals</h1>
      <p className="soft" role="status">
        {approvals === undefined
          ? 'Asking the server …'
          : approvals.length === 0
            ? 'Nothing waits for a person.'
            : `${approvals.length}${hasMore ? ' and more' : ''} ${approvals.length === 1 ? 'question waits' : 'questions wait'} for a person.`}
      </p>
      {error !== undefined && <p className="problem">{describeError(error)}</p>}
      <ul className="inbox">
        {approvals?.map((approval) => (
          <li key={approval.id}>
            <ApprovalCard
              approval={approval}
              mayDecide={deciding.has(approval.run.id)}
              isNamed
              onAnswer={refresh}
            />
          </li>
        ))}
      </ul>
    </main>
  )
}
