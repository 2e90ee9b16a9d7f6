import type { Interruption, Outcome } from '@pawl/sdk'
import type { Invocation } from '../kit/invocation.ts'
import { formatDuration } from '../terminal/times.ts'
import { plain } from '../terminal/width.ts'
import { paintOutcome, paintStatus } from '../terminal/words.ts'
import { describeEnding } from './concludeRun.ts'
import type { Conclusion } from './concludeRun.ts'
import type { Ending } from '../../processes/launch.ts'

/** All that is known when a command has ended. */
export interface Finish extends Conclusion {
  readonly ending: Ending
  readonly interruption: Interruption | undefined
  readonly isGone: boolean
  readonly executionId: string
  /** What the server makes of the execution; null where it had judged before. */
  readonly outcome: Outcome | null
  readonly exitCode: number
  readonly tookMs: number
}

const STOPPED_BY: Readonly<Record<Interruption, string>> = {
  PAUSE: 'it was stopped because the run was paused',
  CANCEL: 'it was stopped because the run was cancelled',
  STOP: 'it was stopped because the run had settled',
  LEASE_LOST: 'it was stopped because the lease was lost',
  NOT_RENEWED: 'it was stopped because the lease could not be renewed',
  SHUTDOWN: 'it was stopped',
}

const STOPPED_TO_ASK = 'it was stopped because the run waits for a person'

/** Tells on stderr, where the command's own output is not disturbed, how it ended and what that makes of the run. */
export function printConclusion(invocation: Invocation, finish: Finish): void {
  if (invocation.isJson) return invocation.err.line(JSON.stringify(toJson(finish)))
  const { err } = invocation
  const { run, interruption, ending, tookMs } = finish
  const { bold, dim, red } = err.colors
  const isAsking = run?.nextAction === 'DECIDE_APPROVAL'
  const outcome = run?.outcome ?? (isAsking ? null : finish.outcome)
  const how = `the command ${describeEnding(ending)} after ${formatDuration(tookMs)}`
  err.line(`${dim('pawl:')} ${outcome ? `${bold(paintOutcome(err.colors, outcome))}: ` : ''}${how}`)
  if (interruption) err.line(dim(`  ${isAsking ? STOPPED_TO_ASK : STOPPED_BY[interruption]}`))
  if (!finish.isGone)
    err.line(red('  some of its processes could not be ended; the run stays held until the lease expires'))
  if (!run) return err.line(dim('  its run was deleted'))
  const confirmed = run.cancelConfirmed ? ', confirmed' : ''
  err.line(`  run ${run.id} is ${paintStatus(err.colors, run)}${confirmed}`)
  if (run.outcome === 'INCOMPLETE') {
    for (const { detail } of run.missingEvidence) err.line(dim(`  missing: ${plain(detail)}`))
  }
  if (isAsking) {
    err.line(dim(`  a person has to decide: pawl approval list --run ${run.id}`))
    err.line(dim(`  go on after that with: pawl exec --run ${run.id} -- COMMAND`))
  } else if (run.status === 'QUEUED' && run.nextAction === 'WAIT')
    err.line(dim(`  its children have not ended; after that: pawl exec --run ${run.id} -- COMMAND`))
  else if (run.isResumable)
    err.line(dim(`  take it up again with: pawl exec --resume --run ${run.id} -- COMMAND`))
}

function toJson({ run, isLeft, ending, interruption, ...rest }: Finish) {
  return {
    ...rest,
    ...ending,
    exitCode: rest.exitCode,
    interruption: interruption ?? null,
    leaseLeftToExpire: isLeft,
    run: run && {
      id: run.id,
      status: run.status,
      reason: run.reason,
      outcome: run.outcome,
      missingEvidence: run.missingEvidence,
    },
  }
}
