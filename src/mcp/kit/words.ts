import type { Decision, RunStatus } from '@pawl/sdk'
import { z } from 'zod'

/** A status of a run. One that the API gains, and this leaves out, does not compile. */
export const statusSchema = z.enum({
  QUEUED: 'QUEUED',
  RUNNING: 'RUNNING',
  AWAITING_APPROVAL: 'AWAITING_APPROVAL',
  PAUSED: 'PAUSED',
  CANCELLING: 'CANCELLING',
  COMPLETED: 'COMPLETED',
  FAILED: 'FAILED',
  CANCELLED: 'CANCELLED',
  EXPIRED: 'EXPIRED',
} satisfies { [Status in RunStatus]: Status })

/** A decision of a person. */
export const decisionSchema = z.enum({
  APPROVE: 'APPROVE',
  REJECT: 'REJECT',
  RETRY: 'RETRY',
  ABORT: 'ABORT',
  ALLOW: 'ALLOW',
  ALLOW_ALWAYS: 'ALLOW_ALWAYS',
  DENY: 'DENY',
  ANSWER: 'ANSWER',
  DECLINE: 'DECLINE',
} satisfies { [Each in Decision]: Each })
