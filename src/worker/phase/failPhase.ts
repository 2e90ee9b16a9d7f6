import { composeText } from '../../text/composeText.ts'
import { MAX_MESSAGE_LENGTH } from '../run/budgets.ts'
import { RunFailedError } from '../run/trouble.ts'
import type { Move, PhaseWork } from './phaseWork.ts'

/** The gate of questions about what an agent could not do. */
const GATE = 'recovery'

/**
 * Fails the phase: a person is asked whether it is to be tried again, or, where nothing can help, the run fails with it.
 *
 * @throws RunFailedError where the run is to be failed
 */
export async function failPhase(work: PhaseWork): Promise<Move> {
  const { drive, key, trouble, sessionId } = work
  if (!trouble) throw new Error(`phase ${key} has no trouble to fail for`)
  const { code, hint } = trouble
  const message = composeText(trouble.message, { max: MAX_MESSAGE_LENGTH })
  const isFatal = trouble.errorClass === 'FATAL'
  const error = { class: isFatal ? ('FATAL' as const) : ('HUMAN_REQUIRED' as const), code, message, hint }
  const recovery = isFatal
    ? undefined
    : {
        gate: GATE,
        question: `Phase ${key} could not be done: ${message}. Shall it be tried again?`,
        payload: { code, hint },
        ...(sessionId !== undefined && { sessionId }),
      }
  drive.accept(await drive.owned.phases.fail(key, { error, ...(recovery && { recovery }), ...drive.call }))
  drive.report({ kind: 'phase-failed', phase: key, trouble })
  await drive.step('phase-failed')
  if (isFatal) throw new RunFailedError(`${code}: ${message}`)
  return 'DONE'
}
