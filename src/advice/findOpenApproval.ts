import type { Approval, CallOptions, Pawl, Run } from '@pawl/sdk'

/** The approval that a run waits for; null if it waits for none. A run has at most one, the newest of its approvals. */
export async function findOpenApproval(
  pawl: Pawl,
  { id, nextAction }: Run,
  call?: CallOptions,
): Promise<Approval | null> {
  if (nextAction !== 'DECIDE_APPROVAL') return null
  const { nodes } = await pawl.approvals.list({ ...call, runId: id, first: 10 })
  return nodes.find(({ status }) => status === 'PENDING') ?? null
}
