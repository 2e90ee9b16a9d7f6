import { PawlAuthError, unwrap } from '@pawl/sdk'
import type { ResolvedVia, RunDetail } from '@pawl/sdk'
import { findRunId } from './findId.ts'
import type { Invocation } from './invocation.ts'
import { safeText } from '../terminal/width.ts'

const RULES: Readonly<Record<ResolvedVia, string>> = {
  EXPLICIT: 'as named',
  EXECUTION: 'the run of PAWL_EXECUTION_ID',
  ONLY_ACTIVE: 'the only active run',
}

const BY_RUN_ID = 'PAWL_RUN_ID'

/** The run that a command applies to, and the rule that chose it. */
export interface ChosenRun {
  readonly run: RunDetail
  readonly via: ResolvedVia
}

/**
 * The run that a command applies to: the one named, by its id or the end of it, else that of PAWL_EXECUTION_ID, else PAWL_RUN_ID, else the only active one. Notes on
 * stderr which run was chosen, and why.
 *
 * @throws PawlProblem AmbiguousRun, NoActiveRun, NotFound or InvalidInput; UsageError if several runs are named.
 */
export async function chooseRun(invocation: Invocation, named: string | undefined): Promise<ChosenRun> {
  const executionId = named ? undefined : invocation.env['PAWL_EXECUTION_ID']
  const typed = named && (await findRunId(invocation.pawl, named))
  const runId = typed ?? (executionId ? undefined : invocation.env['PAWL_RUN_ID'])
  const { run, via } = unwrap(await invocation.pawl.runs.resolve({ runId, executionId }))
  const title = run.title ? ` “${safeText(run.title)}”` : ''
  noteChoice(
    invocation,
    `${invocation.err.ids(run.id)}${title}`,
    via === 'EXPLICIT' && !named ? BY_RUN_ID : (RULES[via] ?? via),
  )
  return { run, via }
}

/**
 * As `chooseRun`, for commands that only write: returns the id. An agent whose claim is over can't read any more; its write is sent
 * all the same, so that the server can answer what became of the claim.
 */
export async function chooseRunId(invocation: Invocation, named: string | undefined): Promise<string> {
  try {
    return (await chooseRun(invocation, named)).run.id
  } catch (error) {
    const id = named ?? invocation.env['PAWL_RUN_ID']
    if (!id || !(error instanceof PawlAuthError) || error.code !== 'UNAUTHENTICATED') throw error
    noteChoice(invocation, id, named ? RULES.EXPLICIT : BY_RUN_ID)
    return id
  }
}

function noteChoice(invocation: Invocation, run: string, rule: string): void {
  invocation.note(`run ${run} (${rule})`)
}
