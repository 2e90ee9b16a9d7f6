import type { StoredRun } from '@pawl/sdk'
import { usePawl } from '@pawl/sdk/react'
import { useState } from 'react'
import { ActionButton } from '../../elements/ActionButton.tsx'
import { Confirm } from '../../elements/Confirm.tsx'
import { allowing, BULK, type BulkAction, performAll } from './bulk.ts'
import { describeOutcomes } from '../../elements/outcomes.ts'

interface BulkBarProps {
  /** The chosen runs. */
  readonly runs: readonly StoredRun[]
  onDone(): void
}

/** What can be done to the chosen runs, each with the number of those that allow it now. */
export function BulkBar({ runs, onDone }: BulkBarProps) {
  const pawl = usePawl()
  const [asked, setAsked] = useState<BulkAction>()
  const [isPending, setPending] = useState(false)
  const [note, setNote] = useState('')
  const perform = async (action: BulkAction) => {
    setAsked(undefined)
    setPending(true)
    const done = await performAll(pawl, action, allowing(runs, action.command))
    setPending(false)
    setNote(`${action.verb}: ${describeOutcomes(done)}`)
    onDone()
  }
  const count = asked ? allowing(runs, asked.command).length : 0
  return (
    <div className="bulk">
      <span className="soft" role="status">
        {isPending ? 'Asking the server …' : runs.length > 0 ? `${runs.length} chosen` : note}
      </span>
      {runs.length > 0 &&
        BULK.map((action) => {
          const able = allowing(runs, action.command).length
          return (
            able > 0 && (
              <ActionButton
                key={action.command}
                look={`button-small${action.question ? ' button-danger' : ''}`}
                isPending={isPending}
                pendingLabel={null}
                onClick={() => (action.question ? setAsked(action) : void perform(action))}
              >
                {action.verb} {able}
                {action.question && ' …'}
              </ActionButton>
            )
          )
        })}
      {asked && (
        <Confirm
          title={`${asked.verb} ${count} ${count === 1 ? 'run' : 'runs'}?`}
          verb={`${asked.verb} ${count} ${count === 1 ? 'run' : 'runs'}`}
          onCancel={() => setAsked(undefined)}
          onConfirm={() => void perform(asked)}
        >
          <p>{asked.means}</p>
        </Confirm>
      )}
    </div>
  )
}
