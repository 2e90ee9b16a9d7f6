import { isSuccess, unwrap } from '@pawl/sdk'
import type { PermissionOutcome, PermissionQuestion } from '../../adapters/kit/adapter.ts'
import type { RunContext } from '../run/runContext.ts'

/** A question of an agent of a run. */
export interface AskedPermission {
  readonly asked: PermissionQuestion
  readonly sessionId: string
  /** The phase that it works on; undefined between two phases. */
  readonly phase: string | undefined
  /** How long the question stands, in seconds. */
  readonly expiresInSeconds: number
  /** Aborts where the agent asks no more. */
  readonly signal: AbortSignal
}

/** Asks a person for a permission, while the run stays with this owner. @throws PawlProblem where the server takes no question */
export async function askPermission(
  { owned }: RunContext,
  { asked, sessionId, phase, expiresInSeconds, signal }: AskedPermission,
): Promise<PermissionOutcome> {
  const { kind, title, program, path, detail } = asked
  const fields = {
    kind: 'PERMISSION' as const,
    question: `May the agent: ${title}`,
    payload: { detail },
    permission: { kind, program, path },
    sessionId,
    expiresInSeconds,
    ...(phase !== undefined && { phase }),
  }
  const result = await owned.approvals.ask(fields, { signal })
  if (!isSuccess(result)) return unwrap(result)
  const { id, status, comment } = result.approval
  return { state: STATES[status] ?? 'VOID', approvalId: id, comment }
}

const STATES: Readonly<Partial<Record<string, PermissionOutcome['state']>>> = {
  ALLOWED: 'ALLOWED',
  ALLOWED_ALWAYS: 'ALLOWED',
  DENIED: 'DENIED',
  EXPIRED: 'EXPIRED',
}
