import { type Pawl, type StartRunInput, unwrap } from '@pawl/sdk'

/** A run that the test holds. */
export interface HeldRun {
  readonly id: string
  readonly fence: number
}

const CLAIM = { owner: 'builder-1', leaseSeconds: 600 }

/** Starts a run and claims it in the same step. */
export async function startHeld(pawl: Pawl, fields: Partial<StartRunInput> = {}): Promise<HeldRun> {
  const { run, lease } = unwrap(await pawl.runs.start({ workflow: 'review', claim: CLAIM, ...fields }))
  if (!lease) throw new Error('The run was started without its claim')
  return { id: run.id, fence: lease.fence }
}

/** Starts a run that waits in the queue. */
export async function startQueued(pawl: Pawl, fields: Partial<StartRunInput> = {}): Promise<string> {
  return unwrap(await pawl.runs.start({ workflow: 'review', ...fields })).run.id
}

/** Claims a run that waits in the queue, as a worker does after a decision. */
export async function claimAgain(pawl: Pawl, runId: string): Promise<HeldRun> {
  const { lease } = unwrap(await pawl.runs.claim({ runId, ...CLAIM }))
  if (!lease) throw new Error('The claim is over already')
  return { id: runId, fence: lease.fence }
}

/** Leads a delivery to where its plan waits for a person. */
export async function awaitApproval(
  pawl: Pawl,
  { id, fence }: HeldRun,
  plan = '# Plan\n\nDo it.',
): Promise<void> {
  unwrap(await pawl.phases.start(id, 'plan', { fence }))
  unwrap(await pawl.artifacts.submit(id, 'plan', { fence, path: 'plan.md', content: plan }))
}

/** Leads a delivery that stands behind its approved plan to its end. */
export async function deliver(pawl: Pawl, { id, fence }: HeldRun): Promise<void> {
  unwrap(await pawl.phases.advance(id, 'build', { fence }))
  unwrap(await pawl.artifacts.submit(id, 'build', { fence, path: 'build.json', content: '{"commit":"abc"}' }))
  unwrap(await pawl.phases.advance(id, 'verify', { fence }))
  unwrap(
    await pawl.artifacts.submit(id, 'verify', { fence, path: 'verify.json', content: '{"passed":true}' }),
  )
  unwrap(await pawl.phases.advance(id, 'done', { fence }))
  unwrap(await pawl.runs.complete(id, { fence, output: { merged: true } }))
}

/** Ends a run the way of an agent that stopped half-way. */
export async function endIncomplete(pawl: Pawl, { id, fence }: HeldRun): Promise<void> {
  unwrap(await pawl.phases.start(id, 'context', { fence }))
  unwrap(await pawl.runs.fail(id, { fence, error: 'agent exited with 0', reason: 'INCOMPLETE' }))
}
