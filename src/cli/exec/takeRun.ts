import { unwrap } from '@pawl/sdk'
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

/** Finds the run without changing it; null if a new one is to be started. */
export async function findRunToTake(invocation: Invocation, options: TakeOptions): Promise<string | null> {
  return options.workflow === undefined ? (await chooseRun(invocation, options.run)).run.id : null
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

async function claimRun(invocation: Invocation, options: TakeOptions, runId: string | null) {
  const { pawl } = invocation
  const { idempotencyKey } = options
  // The command continues while its agent asks, so its answer is not needed here.
  const kinds: ApprovalKind[] = ['PERMISSION', 'QUESTION']
  const claim = { owner: options.owner ?? defaultOwner(), leaseSeconds: options.lease, kinds }
  if (runId === null) {
    const { workflow = '', title, label: labels, project, concurrencyKey } = options
    const input = readJson(options.input, '--input')
    const fields = { workflow, title, labels, project, concurrencyKey, input, claim, idempotencyKey }
    const started = unwrap(await pawl.runs.start(fields))
    invocation.note(`run ${started.run.id} (started by this command)`)
    return started
  }
  return options.resume
    ? unwrap(await pawl.runs.resume(runId, { claim, idempotencyKey }))
    : unwrap(await pawl.runs.claim({ runId, ...claim, idempotencyKey }))
}
