import { isSuccess, unwrap } from '@pawl/sdk'
import type { Pawl } from '@pawl/sdk'
import type { ProcessEnd } from '../../adapters/kit/adapter.ts'

/** Retries for recording the end of a process, which the server also accepts after the claim. */
const RETRY = { attempts: 5, minDelayMs: 100, maxDelayMs: 1_000, timeoutMs: 5_000 }

/**
 * Records how a process ended. Does nothing if the server already knows its end, or does not know the execution.
 *
 * @throws PawlProblem if the server refuses for another reason, PawlConnectionError if it can't be reached
 */
export async function finishExecution(
  pawl: Pawl,
  executionId: string,
  fence: number,
  ending: ProcessEnd,
): Promise<void> {
  const answer = await pawl.executions.finish(executionId, { ...toFields(ending), fence }, { retry: RETRY })
  const isKnown = answer.__typename === 'ExecutionAlreadyFinished' || answer.__typename === 'NotFound'
  if (!isKnown && !isSuccess(answer)) unwrap(answer)
}

/** How a process ended, as it is recorded. */
export function toFields({ exitCode, signal, end }: ProcessEnd) {
  return { ...(exitCode !== null && { exitCode }), ...(signal !== null && { signal }), end }
}
