import { isSuccess, unwrap } from '@pawl/sdk'
import type { Outcome, Pawl } from '@pawl/sdk'
import type { Supervised } from './supervise.ts'

/**
 * Records how a process ended, and returns the outcome that the server derives from it; null if the server has recorded one already,
 * as for a process that was stopped because its run had settled.
 *
 * @throws PawlProblem if the execution was deleted with its run.
 */
export async function finishExecution(
  pawl: Pawl,
  executionId: string,
  fence: number,
  { ending, interruption }: Supervised,
): Promise<Outcome | null> {
  if (interruption === 'STOP') return null
  const end = interruption ? 'CANCELLED' : 'EXITED'
  const result = await pawl.executions.finish(executionId, { ...ending, end, fence })
  if (result.__typename === 'NotFound' || result.__typename === 'ExecutionAlreadyFinished') return null
  return isSuccess(result) ? result.outcome : unwrap(result)
}
