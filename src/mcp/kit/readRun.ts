import { PawlFault } from '@pawl/sdk'
import type { CallOptions, Pawl, RunDetail } from '@pawl/sdk'

/**
 * The run.
 *
 * @throws PawlFault with code `RUN_NOT_FOUND` if there is none, or the token may not see it
 */
export async function readRun(pawl: Pawl, runId: string, call: CallOptions): Promise<RunDetail> {
  const run = await pawl.runs.get(runId, call)
  if (run) return run
  throw new PawlFault(`There is no run ${runId} that this token may see`, 'RUN_NOT_FOUND')
}
