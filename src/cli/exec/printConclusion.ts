import type { Interruption, Outcome } from '@pawl/sdk'
import type { Invocation } from '../kit/invocation.ts'
import { formatDuration } from '../terminal/times.ts'
import { safeText } from '../terminal/width.ts'
import { paintOutcome, paintStatus } from '../terminal/words.ts'
import { describeEnding } from './concludeRun.ts'
import type { Conclusion } from './concludeRun.ts'
import type { Ending } from '../../processes/launch.ts'

/** Everything known about a command that has ended. */
export interface Finish extends Conclusion {
  readonly ending: Ending
  readonly interruption: Interruption | undefined
  readonly isGone: boolean
  readonly executionId: string
  /** The execution's outcome; null if the server had recorded one before. */
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

/** Prints how the command ended and what became of its run: on stderr, apart from the command's own output. */
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
    err.line(
      red('  some of its processes could not be ended; nobody can claim the run until the lease expires'),
    )
  if (!run) return err.line(dim('  its run was deleted'))
  const confirmed = run.isCancelConfirmed ? ', confirmed' : ''
  err.line(`  run ${err.ids(run.id)} is ${paintStatus(err.colors, run)}${confirmed}`)
  if (run.outcome === 'INCOMPLETE') {
    for (const { detail } of run.missingEvidence) err.line(dim(`  missing: ${safeText(detail)}`))
  }
  if (isAsking) {
    err.line(dim(err.ids(`  a person has to decide: pawl approval list --run ${run.id}`)))
    err.line(dim(err.ids(`  then continue with: pawl exec --run ${run.id} -- COMMAND`)))
  } else if (run.status === 'QUEUED' && run.nextAction === 'WAIT')
    err.line(
      dim(err.ids(`  its children have not ended; then continue with: pawl exec --run ${run.id} -- COMMAND`)),
    )
  else if (run.isResumable)
    err.line(dim(err.ids(`  resume it with: pawl exec --resume --run ${run.id} -- COMMAND`)))
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
