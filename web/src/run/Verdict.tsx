import type { MissingEvidence, RunDetail, StoredRun } from '@pawl/sdk'
import { Shape } from '../elements/Shape.tsx'
import { formatTime } from '../elements/time.ts'
import { ResumeForm } from './ResumeForm.tsx'
import { useWait } from '../elements/useWait.ts'

interface VerdictProps {
  readonly run: StoredRun
  readonly detail: RunDetail | undefined
}

/** What probably went wrong in a run that ended without success, and the missing evidence. */
export function Verdict({ run, detail }: VerdictProps) {
  if (run.outcome !== 'INCOMPLETE') {
    if (!run.error) return null
    return (
      <div className="verdict tone-bad">
        <Shape tone="bad" />
        <p>{run.error}</p>
      </div>
    )
  }
  const missing = detail?.missingEvidence ?? []
  return (
    <div className="verdict tone-half" data-verdict="incomplete">
      <Shape tone="half" />
      <div>
        <h2>Incomplete: it ended before its work was done</h2>
        <p>{guess(run)}</p>
        {run.error && <p className="mono">{run.error}</p>}
        {missing.length > 0 && (
          <>
            <p>Completed still needs:</p>
            <Missing missing={missing} />
          </>
        )}
        <p>
          {run.isResumable
            ? `It can be resumed: it goes on from ${run.phase ?? 'where it stood'}, with what it has.`
            : 'It can’t be resumed; start another run that continues it.'}
        </p>
        {run.allowedCommands?.includes('RESUME') && <ResumeForm key={run.id} run={run} detail={detail} />}
      </div>
    </div>
  )
}

/** Until when a run waits that nobody may claim before, and for what: a model that is limited, say. */
export function Waiting({ run }: { readonly run: StoredRun }) {
  const { claimableAt, waitsFor } = run
  const left = useWait(run)
  if (!claimableAt || left === '') return null
  return (
    <div className="verdict tone-half" data-waiting>
      <Shape tone="half" />
      <div>
        <h2>
          Waits until {formatTime(claimableAt)}, for {left}
        </h2>
        {waitsFor && <p>{waitsFor}</p>}
      </div>
    </div>
  )
}

/** The list of missing evidence. */
export function Missing({ missing }: { readonly missing: readonly MissingEvidence[] }) {
  return (
    <ul className="missing">
      {missing.map(({ kind, phase, detail }) => (
        <li key={`${kind} ${phase} ${detail}`}>{detail}</li>
      ))}
    </ul>
  )
}

function guess({ status, reason, phase }: StoredRun): string {
  const where = phase ? ` at ${phase}` : ''
  if (reason === 'INCOMPLETE')
    return `Its process ended with exit code 0, but the work stops${where}. Probably the agent ended its turn early, ran out of context, or was cut off: a laptop that slept, a terminal that was closed. An exit code is no evidence, so Pawl does not call this a success; nothing reported an error, so it does not call it a failure either.`
  if (status === 'EXPIRED')
    return `Nothing happened for too long${where}: nobody took it up, or nobody answered. What was done by then is kept.`
  return `It ended${where} before its work was done.`
}
