import type { Approvals } from '../client/approvals.ts'
import type * as g from '../generated/graphql.ts'
import type { RequestApprovalResult, WithdrawApprovalResult } from '../request/types.ts'

/** A question that the owner's agent asks in the middle of its turn. */
export interface AskFields extends Omit<g.RequestApprovalInput, 'runId' | 'fence' | 'gate' | 'kind'> {
  readonly kind: 'PERMISSION' | 'QUESTION'
  /** Default: the kind, in small letters. */
  readonly gate?: string | undefined
}

/** The commands of one claim that a question needs. */
export interface Asker {
  readonly approvals: Approvals
  readonly runId: string
  /** Aborts when the work has to stop. */
  readonly signal: AbortSignal
  readonly request: (fields: AskFields & { gate: string }) => Promise<RequestApprovalResult>
  readonly withdraw: (approvalId: string) => Promise<WithdrawApprovalResult>
}

/**
 * Asks a question and waits for its end, as the log of the run tells it; while another one is open, it is held back.
 *
 * @param signal aborts when the agent no longer asks: the question is withdrawn
 */
export async function askInTurn(
  asker: Asker,
  fields: AskFields,
  signal?: AbortSignal,
): Promise<RequestApprovalResult> {
  const stop = signal ? AbortSignal.any([asker.signal, signal]) : asker.signal
  for (;;) {
    stop.throwIfAborted()
    const result = await asker.request({ ...fields, gate: fields.gate ?? fields.kind.toLowerCase() })
    if (result.__typename === 'RunNotActive' && result.directive === 'WAIT') {
      await waitForOpen(asker, stop)
      continue
    }
    if (result.__typename !== 'RequestApprovalSuccess') return result
    const { id } = result.approval
    try {
      return { ...result, approval: (await asker.approvals.wait(id, { signal: stop })) ?? result.approval }
    } catch (error) {
      if (signal?.aborted && !asker.signal.aborted) await asker.withdraw(id)
      throw error
    }
  }
}

/** Waits until the question that is open now has ended. */
async function waitForOpen({ approvals, runId }: Asker, signal: AbortSignal): Promise<void> {
  const { nodes } = await approvals.list({ runId, first: 10, signal })
  const open = nodes.find(({ status }) => status === 'PENDING')
  if (open) await approvals.wait(open.id, { signal })
}
