import { isSuccess, unwrap } from '@pawl/sdk'
import type { Outcome, Pawl } from '@pawl/sdk'
import type { Supervised } from './supervise.ts'

/**
 * Records how a process ended, and returns what the server makes of it. One that was ended because its run had settled is
 * recorded so already.
 *
 * @throws PawlProblem where the execution is gone with its run.
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
  if (result.__typename === 'ExecutionNotFound' || result.__typename === 'ExecutionAlreadyFinished')
    return null
  return isSuccess(result) ? result.outcome : unwrap(result)
}
