import { PawlProblem, unwrap } from '@pawl/sdk'
import type { ApprovalKind, Lease, Run } from '@pawl/sdk'
import { chooseRun } from '../kit/chooseRun.ts'
import type { CommonOptions, Invocation } from '../kit/invocation.ts'
import { defaultOwner, readJson } from '../kit/options.ts'

/** Which run is claimed, and how. */
export interface TakeOptions extends CommonOptions {
  readonly run?: string
  readonly resume?: boolean
  readonly workflow?: string
  readonly title?: string
  readonly input?: string
  readonly label?: string[]
  readonly project?: string
  readonly concurrencyKey?: string
  readonly idempotencyKey?: string
  readonly owner?: string
  /** Seconds. */
  readonly lease: number
}

/** A claimed run, and the token for its agent. */
export interface TakenRun {
  readonly run: Run
  readonly lease: Lease
  readonly agentToken: string | null
}

/** The built-in workflow of a command that names none: one phase, done when the agent says so. */
const DEFAULT_WORKFLOW = 'task'

/** The options that describe a run to be started. */
export const START_OPTIONS = ['workflow', 'title', 'input', 'label', 'project', 'concurrencyKey'] as const

/**
 * Finds the run without changing it; null if a new one is to be started: one that the options describe, or one where nothing names a
 * run and none is active.
 */
export async function findRunToTake(invocation: Invocation, options: TakeOptions): Promise<string | null> {
  if (START_OPTIONS.some((name) => options[name] !== undefined)) return null
  try {
    return (await chooseRun(invocation, options.run)).run.id
  } catch (error) {
    const { env } = invocation
    const isNamed = options.run ?? env['PAWL_EXECUTION_ID'] ?? env['PAWL_RUN_ID']
    const isNone = error instanceof PawlProblem && error.problem.__typename === 'NoActiveRun'
    if (!isNone || isNamed !== undefined || options.resume) throw error
    return null
  }
}

/**
 * Claims a run for this process: the one that was found, with `resume` a stopped one, or a new one of a workflow.
 *
 * @throws PawlProblem with the server's refusal.
 */
export async function takeRun(
  invocation: Invocation,
  options: TakeOptions,
  runId: string | null,
): Promise<TakenRun> {
  const { run, lease, agentToken } = await claimRun(invocation, options, runId)
  // The answer to a repeated idempotency key may be about a claim that is over by now.
  if (!lease)
    throw new Error(`run ${run.id} was claimed with this idempotency key before, and is ${run.status} now`)
  return { run, lease, agentToken }
}

/**
 * Starts the phase of a `task`: there is nothing to choose, and an agent that knows no phases has to report no more than its end. A
 * refusal is left to the supervision, which learns why.
 */
export async function startTaskPhase({ pawl }: Invocation, { run, lease }: TakenRun): Promise<void> {
  if (run.workflow.name !== DEFAULT_WORKFLOW) return
  const claimed = await pawl.runs.get(run.id)
  const [phase, ...others] = claimed?.workflow.phases ?? []
  if (!phase || others.length > 0 || claimed?.nextAction !== 'START_PHASE') return
  await pawl.phases.start(run.id, phase.key, { fence: lease.fence })
}

async function claimRun(invocation: Invocation, options: TakeOptions, runId: string | null) {
  const { pawl } = invocation
  const { idempotencyKey } = options
  // The command continues while its agent asks, so its answer is not needed here.
  const kinds: ApprovalKind[] = ['PERMISSION', 'QUESTION']
  const claim = { owner: options.owner ?? defaultOwner(), leaseSeconds: options.lease, kinds }
  if (runId === null) {
    const { workflow = DEFAULT_WORKFLOW, title, label: labels, project, concurrencyKey } = options
    const input = readJson(options.input, '--input')
    const fields = { workflow, title, labels, project, concurrencyKey, input, claim, idempotencyKey }
    const started = unwrap(await pawl.runs.start(fields))
    invocation.note(
      `run ${invocation.err.ids(started.run.id)} (started by this command, workflow ${workflow})`,
    )
    return started
  }
  return options.resume
    ? unwrap(await pawl.runs.resume(runId, { claim, idempotencyKey }))
    : unwrap(await pawl.runs.claim({ runId, ...claim, idempotencyKey }))
}
