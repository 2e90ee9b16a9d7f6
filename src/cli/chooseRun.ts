import { unwrap } from '@pawl/sdk'
import type { ResolvedVia, RunDetail } from '@pawl/sdk'
import type { Invocation } from './invocation.ts'
import { plain } from './terminal/width.ts'

const BY: Readonly<Record<ResolvedVia, string>> = {
  EXPLICIT: 'as named',
  EXECUTION: 'the run of PAWL_EXECUTION_ID',
  ONLY_ACTIVE: 'the only active run',
}

/** A run that a command means, and by which rule. */
export interface ChosenRun {
  readonly run: RunDetail
  readonly via: ResolvedVia
}

/**
 * The run a command means: the one named, else that of PAWL_EXECUTION_ID, else PAWL_RUN_ID, else the only active one. Says
 * on stderr which one it took, and why.
 *
 * @throws PawlProblem AmbiguousRun, NoActiveRun, RunNotFound, ExecutionNotFound or InvalidInput.
 */
export async function chooseRun(invocation: Invocation, named: string | undefined): Promise<ChosenRun> {
  const { env, pawl } = invocation
  const executionId = named ? undefined : env['PAWL_EXECUTION_ID'] || undefined
  const runId = named ?? (executionId ? undefined : env['PAWL_RUN_ID'] || undefined)
  const { run, via } = unwrap(await pawl.runs.resolve({ runId, executionId }))
  const rule = via === 'EXPLICIT' && !named ? 'PAWL_RUN_ID' : (BY[via] ?? via)
  const title = run.title ? ` “${plain(run.title)}”` : ''
  invocation.note(`run ${run.id}${title} (${rule})`)
  return { run, via }
}
