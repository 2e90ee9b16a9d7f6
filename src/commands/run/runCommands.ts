import type { ClaimRequest, Command, Recovery } from '../../lifecycle/run/commandInputs.ts'
import type { Instant, Json, PhaseError } from '../../lifecycle/run/run.ts'
import type { FailReason } from '../../lifecycle/run/words.ts'
import type { Refused } from '../kit/answers.ts'
import { checkRole } from '../kit/authorize.ts'
import { type ChangeRunResult, changeRun } from './changeRun.ts'
import { type Caller, type Commands, fenceOf, type Keyed } from '../kit/context.ts'
import { NO_RELATIVES, presentRelatives } from './relatives.ts'

/** The input of a command about one run. */
export interface RunInput extends Keyed {
  readonly runId: string
}
/** A command with an optional revision that the caller's decision is based on. */
export interface ConditionalInput extends RunInput {
  readonly ifRevision?: number | null | undefined
}
/** A command of the run's owner or its agent. */
export interface DrivingInput extends RunInput {
  readonly fence?: number | null | undefined
}
interface CommentedInput {
  readonly comment?: string | null | undefined
}

/** Returns the input without its key, compared when the idempotency key is used again. */
export function toRequest({ idempotencyKey: _key, ...input }: Keyed): Json {
  return JSON.parse(JSON.stringify(input)) as Json
}

/**
 * Defines a use case that is one decision about one run: maps the input to a command and passes it to `changeRun`.
 *
 * @param checkMore further authorization besides the command's role; returns a refusal if the caller may not
 */
export function defineRunCommand<Input extends RunInput, C extends Command>(
  toCommand: (input: Input, caller: Caller) => C,
  checkMore: (input: Input, caller: Caller) => Refused<'Forbidden'> | undefined = () => undefined,
) {
  return (commands: Commands, caller: Caller, input: Input): Promise<ChangeRunResult<C>> =>
    changeRun(commands, caller, {
      runId: input.runId,
      command: toCommand(input, caller),
      idempotencyKey: input.idempotencyKey,
      request: toRequest(input),
      authorize: () => checkMore(input, caller),
    })
}

/** Pauses a run; its owner keeps the lease and gets the directive PAUSE. Problems: NotPausable, RevisionConflict. */
export const pauseRun = defineRunCommand((input: ConditionalInput & CommentedInput) => ({
  type: 'pauseRun',
  comment: input.comment ?? null,
  ifRevision: input.ifRevision ?? null,
}))

/** A resume, with a claim if the caller wants to drive the run itself. */
export type ResumeRun = ConditionalInput &
  CommentedInput & { readonly claim?: ClaimRequest | null | undefined }

/**
 * Resumes a paused or failed run; including a claim also requires permission to claim. Problems: NotResumable,
 * ConcurrencyConflict, RevisionConflict.
 */
export const resumeRun = defineRunCommand(
  (input: ResumeRun) => ({
    type: 'resumeRun',
    comment: input.comment ?? null,
    claim: input.claim ?? null,
    ifRevision: input.ifRevision ?? null,
  }),
  (input, caller) => (input.claim ? checkRole(caller, 'claimRun') : undefined),
)

/** A release, optionally with a delay of the next claim. */
export interface ReleaseRun extends RunInput {
  readonly fence: number
  /** The run can't be claimed before this time. */
  readonly notBefore?: Instant | null | undefined
  /** What the run waits for, for display. */
  readonly waitsFor?: string | null | undefined
  /** True if the owner could not start: the queue limit then keeps counting. */
  readonly blocked?: boolean | null | undefined
  /** True if the run can't be claimed while an attached child of it is active. */
  readonly untilChildren?: boolean | null | undefined
}

/** Releases a claim: the run returns to the queue, or keeps its status. Problem: LeaseLost. */
export const releaseRun = defineRunCommand((input: ReleaseRun) => ({
  type: 'releaseRun',
  fence: input.fence,
  notBefore: input.notBefore ?? null,
  waitsFor: input.waitsFor ?? null,
  blocked: input.blocked ?? false,
  untilChildren: input.untilChildren ?? false,
}))

/**
 * Detaches a child: it no longer ends with its parent, and its parent no longer waits for it. Problems: RunNotActive,
 * InvalidInput, RevisionConflict.
 */
export const detachRun = defineRunCommand((input: ConditionalInput & CommentedInput) => ({
  type: 'detachRun',
  comment: input.comment ?? null,
  ifRevision: input.ifRevision ?? null,
}))

/**
 * Settles a run as COMPLETED, on evidence; repeating it under the same claim changes nothing. Problems:
 * NotCompletable, LeaseLost, RevisionConflict.
 */
export const completeRun = defineRunCommand(
  (input: DrivingInput & ConditionalInput & { readonly output?: Json | undefined }, caller) => ({
    type: 'completeRun',
    output: input.output ?? null,
    fence: fenceOf(caller, input.fence),
    ifRevision: input.ifRevision ?? null,
  }),
)

/** Settles a run as FAILED, as reported by its owner. Problems: RunNotActive, LeaseLost. */
export const failRun = defineRunCommand(
  (
    input: DrivingInput & { readonly error: string; readonly reason?: FailReason | null | undefined },
    caller,
  ) => ({
    type: 'failRun',
    error: input.error,
    reason: input.reason ?? 'REPORTED_FAILURE',
    fence: fenceOf(caller, input.fence),
  }),
)

/** A cancel; it cascades to the run's children unless `cascade` is false. */
export type CancelRun = ConditionalInput & CommentedInput & { readonly cascade?: boolean | null | undefined }

const cancel = defineRunCommand((input: CancelRun) => ({
  type: 'cancelRun',
  comment: input.comment ?? null,
  cascade: input.cascade ?? true,
  ifRevision: input.ifRevision ?? null,
}))

/**
 * Cancels a run, immediately or by requesting its owner to stop, together with its attached children. Changes nothing
 * on a final run. Problem: RevisionConflict. If this request changed nothing, the answer shows the current state of
 * the children.
 */
export async function cancelRun(
  commands: Commands,
  caller: Caller,
  input: CancelRun,
): ReturnType<typeof cancel> {
  const answer = await cancel(commands, caller, input)
  if (!answer.ok || answer.relatives !== NO_RELATIVES) return answer
  return { ...answer, relatives: await presentRelatives(commands, input.runId) }
}

/** The owner's confirmation that its processes have ended. Problems: RunNotActive, LeaseLost. */
export const confirmCancel = defineRunCommand(({ fence }: RunInput & { readonly fence: number }) => ({
  type: 'confirmCancel',
  fence,
}))

/** Moves a run to another phase. Problems: IllegalTransition, UnknownPhase, NotCompletable, RunNotActive, LeaseLost. */
export const advancePhase = defineRunCommand(
  (input: DrivingInput & ConditionalInput & { readonly to: string }, caller) => ({
    type: 'advancePhase',
    to: input.to,
    fence: fenceOf(caller, input.fence),
    ifRevision: input.ifRevision ?? null,
  }),
)

/** Starts the current phase, or repairs it. Problems: IllegalTransition, UnknownPhase, RunNotActive, LeaseLost. */
export const startPhase = defineRunCommand(
  (
    input: DrivingInput & {
      readonly phase: string
      readonly repair?: boolean | null | undefined
      readonly because?: string | null | undefined
    },
    caller,
  ) => ({
    type: 'startPhase',
    phase: input.phase,
    repair: input.repair ?? false,
    because: input.because ?? null,
    fence: fenceOf(caller, input.fence),
  }),
)

/**
 * Records that the current phase failed; with `recovery`, a person is asked how to continue. Problems:
 * IllegalTransition, UnknownPhase, RunNotActive, LeaseLost.
 */
export const failPhase = defineRunCommand(
  (
    input: DrivingInput & {
      readonly phase: string
      readonly error: PhaseError
      readonly recovery?: RecoveryInput | null | undefined
    },
    caller,
  ) => ({
    type: 'failPhase',
    phase: input.phase,
    error: input.error,
    recovery: input.recovery ? toRecovery(input.recovery) : null,
    fence: fenceOf(caller, input.fence),
  }),
)

/** The recovery question that a failed phase puts to a person. */
export interface RecoveryInput {
  readonly gate: string
  readonly question: string
  readonly payload?: Json | undefined
  readonly sessionId?: string | null | undefined
  readonly expiresInSeconds?: number | null | undefined
}

function toRecovery({ gate, question, payload, sessionId, expiresInSeconds }: RecoveryInput): Recovery {
  return {
    gate,
    question,
    payload: payload ?? null,
    sessionId: sessionId ?? null,
    expiresInSeconds: expiresInSeconds ?? null,
  }
}

/** Completes the round. Problems: IllegalTransition, NotCompletable, RunNotActive, LeaseLost. */
export const completeRound = defineRunCommand(
  (input: DrivingInput & { readonly summary?: Json | undefined }, caller) => ({
    type: 'completeRound',
    summary: input.summary ?? null,
    fence: fenceOf(caller, input.fence),
  }),
)
