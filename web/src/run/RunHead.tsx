import type { NextAction, RunDetail, StoredRun } from '@pawl/sdk'
import { Age, Ago } from '../elements/Age.tsx'
import { Badge } from '../elements/Badge.tsx'
import { OUTCOME, REASON, wordOfRun } from '../elements/words.ts'
import { Actions } from './Actions.tsx'

/** What happens next, by the server's word. */
const NEXT: Readonly<Record<NextAction, string>> = {
  CLAIM: 'An owner may claim it',
  START_PHASE: 'Its owner starts the phase',
  WORK: 'Its owner works on the phase',
  ADVANCE: 'Its owner goes on to the next phase',
  COMPLETE_ROUND: 'Its owner completes the round',
  COMPLETE: 'All evidence is there: its owner completes it',
  DECIDE_APPROVAL: 'A person decides',
  WAIT: 'Nothing can be done now but wait',
  RESUME: 'It may be resumed',
  NONE: 'Nothing follows',
}

interface RunHeadProps {
  readonly run: StoredRun
  readonly detail: RunDetail | undefined
}

/** The run's title, status and commands. */
export function RunHead({ run, detail }: RunHeadProps) {
  const {
    id,
    title,
    status,
    outcome,
    reason,
    nextAction,
    phase,
    lease,
    isCancelConfirmed: cancelConfirmed,
  } = run
  const { createdAt, startedAt, settledAt } = run
  if (!status || !createdAt) return null
  return (
    <header className="run-head">
      <div className="run-title">
        <h1>{title ?? id}</h1>
        <p className="run-now" aria-live="polite">
          <Badge word={wordOfRun(status, outcome)} isLarge />
          {outcome === 'INCOMPLETE' && status !== 'FAILED' && <Badge word={OUTCOME.INCOMPLETE} />}
          {reason && reason !== 'COMPLETED' && <span>{REASON[reason]}</span>}
          {status === 'CANCELLED' && (
            <span>
              {cancelConfirmed
                ? 'its owner confirmed that its processes are gone'
                : 'nobody confirmed that its processes are gone'}
            </span>
          )}
          {!settledAt && phase && <span>at {phase}</span>}
          <span className="soft">
            {settledAt ? (
              <>
                settled <Ago at={settledAt} />, after <Age since={startedAt ?? createdAt} until={settledAt} />
              </>
            ) : startedAt ? (
              <>
                first claimed <Ago at={startedAt} />
              </>
            ) : (
              <Age label="waiting for" since={createdAt} />
            )}
          </span>
        </p>
        {nextAction && nextAction !== 'NONE' && (
          <p className="soft">
            Next: {NEXT[nextAction]}
            {lease && !settledAt && !lease.isLive && `. The lease of ${lease.owner} is over`}
          </p>
        )}
      </div>
      <Actions
        key={id}
        run={run}
        isContinuable={run.isSettled === true && detail?.isSettled === true && detail.continuedBy === null}
      />
    </header>
  )
}
