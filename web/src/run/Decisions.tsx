import type { StoredRun } from '@pawl/sdk'
import { ApprovalCard } from '../activity/ApprovalCard.tsx'
import { describeError } from '../elements/Problem.tsx'
import { useRunData } from '../activity/useRunData.ts'

/** All approvals of the run and their decisions. */
export function Decisions({ run }: { readonly run: StoredRun }) {
  const { value, error, refresh } = useRunData(
    `approvals ${run.id}`,
    run.revision,
    async (pawl, signal) => (await pawl.approvals.list({ runId: run.id, first: 100, signal })).nodes,
  )
  if (error !== undefined && !value) return <p className="problem">{describeError(error)}</p>
  if (!value) return <p className="soft">Asking the server …</p>
  if (value.length === 0) return <p className="soft">No person was asked anything.</p>
  return (
    <ul className="inbox">
      {value.map((approval) => (
        <li key={approval.id}>
          {/* What waits is decided above, where it stands on every tab. */}
          <ApprovalCard approval={approval} mayDecide={false} onAnswer={refresh} />
        </li>
      ))}
    </ul>
  )
}
