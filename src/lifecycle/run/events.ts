import { z } from 'zod'
import type { AnswerSchema } from './questions.ts'
import type { Instant, Json } from './run.ts'
import {
  APPROVAL_KINDS,
  DECISIONS,
  ERROR_CLASSES,
  EXPIRY_POLICIES,
  IN_TURN_KINDS,
  MESSAGE_MODES,
  PERMISSION_KINDS,
  RECEIPTS,
  REPORTED_ENDS,
  RUN_REASONS,
  RUN_STATUSES,
  SESSION_STATUSES,
  WITHDRAWN_BECAUSE,
} from './enums.ts'

/**
 * The closed list of events and their payloads. A run is the fold of its events (G6), so a payload holds everything
 * that its event changes and that can't be derived from the run before it.
 */

const id = z.string()
/** JSON from a client, already checked on input; kept as the identical value. */
const json = z.unknown().refine((value) => value !== undefined) as unknown as z.ZodType<Json>
const answerSchema = json as unknown as z.ZodType<AnswerSchema | null>
const moment = z.iso.datetime().describe('A point in time, ISO 8601 in UTC.')
const fence = z.int().positive().describe('Number of the claim.')
const phaseRef = { id, phase: z.string().describe('Key of the phase.'), round: z.int().positive() }
const attempt = z.int().positive().describe('Number of the attempt, from 1.')
const comment = z.string().nullable().describe('What the person said.')
const artifact = {
  id,
  phaseId: id,
  phase: z.string(),
  round: z.int().positive(),
  attempt,
  path: z.string(),
  sha256: z.string().describe('SHA-256 of the content, in hex.'),
  size: z.int().nonnegative().describe('Bytes of the content.'),
}
const pending = z.array(z.strictObject({ id, key: z.string() }))

const closed = z
  .strictObject({
    executions: z.array(id).describe('Executions that were in flight.'),
    executionsEnd: z.enum(['CLOSED_BY_RUN', 'SUPERVISOR_LOST']).describe('How those executions ended.'),
    phases: z.array(id).describe('Phases that were under way and are CANCELLED now.'),
    skipped: z.array(id).describe('Phases that never began and are SKIPPED now.'),
    sessions: z.array(id).describe('Live sessions that are DISPOSED now.'),
    approvals: z.array(id).describe('Open approvals that are VOID now.'),
    messages: z.array(id).describe('Messages that are UNDELIVERED now.'),
  })
  .describe('What settling closed below the run.')

const awayMs = z
  .int()
  .nonnegative()
  .optional()
  .describe(
    'How long the run had not been RUNNING, in milliseconds; absent in logs of earlier versions, where limits counted it.',
  )
const last = z
  .boolean()
  .optional()
  .describe('Whether no attached child is active any more; left out: unknown.')

const requeuedBecause = z.enum(['RELEASED', 'OWNER_LOST'])

export const EVENT_PAYLOADS = {
  'run.created': z.strictObject({
    project: z.string(),
    workflow: z.strictObject({ id, name: z.string(), version: z.int().positive() }),
    title: z.string().nullable(),
    input: json,
    labels: z.array(z.string()),
    concurrencyKey: z.string().nullable(),
    parentId: id.nullable(),
    depth: z.int().nonnegative(),
    detached: z
      .boolean()
      .optional()
      .describe('Whether it neither ends with its parent nor is waited for by it; left out: false.'),
    continuesId: id.nullable(),
    chainId: id
      .optional()
      .describe('The first run of its chain; absent in logs of earlier versions, which knew no chains.'),
    completedRound: z.int().nonnegative().describe('Rounds completed by the runs that this one continues.'),
  }),
  'run.claimed': z.strictObject({
    owner: z.string(),
    fence,
    leaseSeconds: z
      .int()
      .nonnegative()
      .describe('Period of the lease in seconds; 0: claimed without a lease.'),
    expiresAt: moment.nullable(),
    queuedFrom: moment.optional().describe('Since when the queue limit had counted.'),
    awayMs,
    kinds: z
      .array(z.enum(IN_TURN_KINDS))
      .optional()
      .describe('Kinds of questions, asked in the middle of a turn, that the owner knows; left out: none.'),
  }),
  'run.released': z.strictObject({
    fence,
    because: z.enum(['RELEASED', 'LEASE_EXPIRED']),
    executions: z.array(id).describe('Executions in flight, ended SUPERVISOR_LOST.'),
  }),
  'run.requeued': z.strictObject({
    fence,
    because: requeuedBecause,
    untilChildren: z
      .boolean()
      .optional()
      .describe('Whether nobody claims it while an attached child is active; left out: false.'),
    executions: z.array(id).describe('Executions in flight, ended SUPERVISOR_LOST.'),
    notBefore: moment.optional().describe('Nobody claims the run before.'),
    waitsFor: z.string().optional().describe('What it waits for.'),
    blocked: z
      .boolean()
      .optional()
      .describe('Whether the owner could not begin, so that the queue limit counts on.'),
  }),
  'run.paused': z.strictObject({ comment, awayMs }),
  'run.resumed': z.strictObject({
    from: z.enum(RUN_STATUSES),
    to: z.enum(RUN_STATUSES),
    comment,
    reason: z.enum(RUN_REASONS).nullable().describe('Why the run had settled.'),
    error: z.string().nullable().describe('The error that the run carried.'),
    settledAt: moment.nullable(),
    awayMs,
  }),
  'run.completed': z.strictObject({ output: json, closed }),
  'run.failed': z.strictObject({
    reason: z.enum(RUN_REASONS),
    error: z.string().nullable(),
    leaseEnds: z.boolean().describe('False where the owner keeps its lease until it has stopped.'),
    closed,
  }),
  'run.cancel_requested': z.strictObject({
    reason: z.enum(RUN_REASONS),
    comment,
    cascade: z.boolean(),
    graceSeconds: z
      .number()
      .positive()
      .optional()
      .describe('How long the owner has to confirm, in seconds; left out: as the server is set.'),
  }),
  'run.cancelled': z.strictObject({
    reason: z.enum(RUN_REASONS),
    confirmed: z.boolean().describe('Whether the owner confirmed that its processes are gone.'),
    comment,
    cascade: z.boolean(),
    leaseEnds: z
      .boolean()
      .optional()
      .describe('False where the owner keeps its lease until it has stopped; left out: true.'),
    closed,
  }),
  'run.detached': z.strictObject({ comment }),
  'run.expired': z.strictObject({ reason: z.enum(RUN_REASONS), closed }),
  'round.opened': z.strictObject({
    round: z.int().positive(),
    initialPhase: z.string(),
    phases: pending.describe('The phases of the round, all PENDING.'),
  }),
  'round.completed': z.strictObject({ round: z.int().positive(), summary: json }),
  'phase.started': z.strictObject({
    ...phaseRef,
    attempt,
    from: z.string().nullable().describe('Key of the phase the run stood at, where it moved.'),
    repair: z.boolean(),
    because: z.string().nullable(),
  }),
  'phase.completed': z.strictObject({ ...phaseRef, attempt }),
  'phase.failed': z.strictObject({
    ...phaseRef,
    attempt,
    error: z.strictObject({
      class: z.enum(ERROR_CLASSES),
      code: z.string(),
      message: z.string(),
      hint: z.string().nullable(),
    }),
    sessionId: id.nullable().describe('The session that needs a person now.'),
  }),
  'execution.started': z.strictObject({
    id,
    phaseId: id.nullable(),
    phase: z.string().nullable(),
    attempt: attempt.nullable(),
    command: z.string(),
    pid: z.int().nullable(),
    fence: fence
      .optional()
      .describe('The claim it was started under; absent in logs of before that was kept.'),
  }),
  'execution.finished': z.strictObject({
    id,
    exitCode: z.int().nullable(),
    signal: z.string().nullable(),
    end: z.enum(REPORTED_ENDS),
  }),
  'session.opened': z.strictObject({ id, role: z.string(), adapter: z.string(), fence, handle: json }),
  'session.adopted': z.strictObject({ id, fence, adapter: z.string(), handle: json }),
  'session.changed': z.strictObject({
    id,
    from: z.enum(SESSION_STATUSES),
    to: z.enum(SESSION_STATUSES),
    detail: json,
  }),
  'session.recovered': z.strictObject({ id, recoveryAttempts: z.int().positive(), detail: json }),
  'prompt.sending': z.strictObject({
    sessionId: id,
    ...phaseRef,
    attempt,
    dedupKey: z.string(),
    repair: z.boolean(),
  }),
  'prompt.sent': z.strictObject({
    sessionId: id,
    ...phaseRef,
    attempt,
    dedupKey: z.string(),
    repair: z.boolean(),
    awaitsArtifact: z.boolean().describe('Whether the phase waits for an artifact now.'),
  }),
  'artifact.validated': z.strictObject({
    ...artifact,
    declared: z.boolean().describe('Whether the phase asks for a file at this path.'),
  }),
  'artifact.invalid': z.strictObject({
    ...artifact,
    problems: z.array(z.strictObject({ path: z.string().describe('JSON pointer.'), message: z.string() })),
  }),
  'approval.requested': z.strictObject({
    id,
    phaseId: id.nullable(),
    phase: z.string().nullable(),
    attempt: attempt.nullable(),
    gate: z.string(),
    kind: z.enum(APPROVAL_KINDS),
    question: z.string(),
    payload: json,
    digest: z.string(),
    artifactSha256: z.string().nullable(),
    expiresAt: moment.nullable(),
    onExpiry: z.enum(EXPIRY_POLICIES),
    approvers: z.array(z.string()),
    allowSelfApproval: z.boolean(),
    awaitsApproval: z.boolean().describe('Whether the phase waits for the approval now.'),
    sessionId: id.nullable().optional().describe('The session whose agent asks in the middle of a turn.'),
    permission: z
      .strictObject({
        kind: z.enum(PERMISSION_KINDS),
        program: z.string().nullable(),
        path: z.string().nullable(),
      })
      .nullable()
      .optional()
      .describe('What a PERMISSION is asked for.'),
    answerSchema: answerSchema.optional().describe('JSON Schema of the answer to a QUESTION.'),
    tree: z
      .string()
      .optional()
      .describe('The git tree of the worktree that a REVIEW is about, if its owner told it.'),
  }),
  'approval.decided': z.strictObject({
    id,
    decision: z.enum(DECISIONS),
    digest: z.string(),
    comment,
    phaseId: id.nullable(),
    runStatus: z.enum(RUN_STATUSES).describe('Status of the run after the decision.'),
    awayMs,
    disposed: z.array(id).describe('Sessions that the decision disposed of.'),
    answer: z
      .record(z.string(), z.union([z.string(), z.number(), z.boolean()]))
      .optional()
      .describe('What was answered to a QUESTION.'),
  }),
  'approval.expired': z.strictObject({
    id,
    onExpiry: z.enum(EXPIRY_POLICIES),
    phaseId: id.nullable(),
    runStatus: z.enum(RUN_STATUSES).describe('Status of the run after the expiry.'),
    awayMs,
  }),
  'approval.withdrawn': z.strictObject({
    id,
    because: z.enum(WITHDRAWN_BECAUSE).describe('Why the question is VOID; the run is RUNNING.'),
    awayMs,
  }),
  'message.sent': z.strictObject({ id, text: z.string(), mode: z.enum(MESSAGE_MODES) }),
  'message.acknowledged': z.strictObject({
    id,
    receipt: z.enum(RECEIPTS),
    mode: z.enum(MESSAGE_MODES).optional().describe('How it reached the agent, where it was sent otherwise.'),
  }),
  'child.settled': z.strictObject({
    runId: id,
    status: z.enum(RUN_STATUSES),
    reason: z.enum(RUN_REASONS).nullable(),
    epoch: z.int().positive(),
    last,
  }),
  'child.started': z.strictObject({
    runId: id,
    epoch: z.int().positive().describe('1 if it was started; greater if it was resumed.'),
  }),
  'child.detached': z.strictObject({ runId: id, last }),
} as const

export type EventType = keyof typeof EVENT_PAYLOADS
export type EventPayload<T extends EventType> = z.infer<(typeof EVENT_PAYLOADS)[T]>
export type Closed = z.infer<typeof closed>

/** One event of a run's log, discriminated by `type`. */
export type RunEvent = {
  [T in EventType]: {
    readonly type: T
    readonly seq: number
    readonly epoch: number
    readonly at: Instant
    readonly actor: string
    /** The acting principal; null in logs from before principals existed. */
    readonly actorId: string | null
    readonly payload: EventPayload<T>
  }
}[EventType]

/** Every type of event, in the order of the list above. */
export const EVENT_TYPES = Object.keys(EVENT_PAYLOADS) as readonly EventType[]

/**
 * Parses a stored event.
 *
 * @throws if its type is unknown or its payload has another shape: the log was not written by this code
 */
export function parseEvent(stored: {
  type: string
  seq: number
  epoch: number
  at: Instant
  actor: string
  actorId: string | null
  payload: unknown
}): RunEvent {
  const schema = (EVENT_PAYLOADS as Record<string, z.ZodType | undefined>)[stored.type]
  if (!schema) throw new Error(`event ${stored.seq} is of the unknown type ${stored.type}`)
  const payload = schema.safeParse(stored.payload)
  if (!payload.success)
    throw new Error(`event ${stored.seq} ${stored.type}: ${z.prettifyError(payload.error)}`)
  return { ...stored, payload: payload.data } as RunEvent
}
