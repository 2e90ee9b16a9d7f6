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
/** A command that its caller decided on at a revision. */
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

/** The input as it is compared where its idempotency key comes again. */
export function toRequest({ idempotencyKey: _key, ...input }: Keyed): Json {
  return JSON.parse(JSON.stringify(input)) as Json
}

/**
 * A use case that is one decision about one run: what the input asks for, put to `changeRun`.
 *
 * @param checkMore what the caller needs to be allowed beside the command; a refusal where it is not
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

/** Pauses a run; its owner keeps the lease and is told. Problems: NotPausable, RevisionConflict. */
export const pauseRun = defineRunCommand((input: ConditionalInput & CommentedInput) => ({
  type: 'pauseRun',
  comment: input.comment ?? null,
  ifRevision: input.ifRevision ?? null,
}))

/** A resume, with a claim where the caller wants to drive the run itself. */
export type ResumeRun = ConditionalInput &
  CommentedInput & { readonly claim?: ClaimRequest | null | undefined }

/**
 * Takes up a paused or failed run; a claim that comes along takes the right to claim as well. Problems: NotResumable,
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

/** A release, which may put off the next claim. */
export interface ReleaseRun extends RunInput {
  readonly fence: number
  /** Nobody is to claim the run before. */
  readonly notBefore?: Instant | null | undefined
  /** What it waits for, to be shown. */
  readonly waitsFor?: string | null | undefined
  /** Whether the owner could not begin: then the queue limit counts on. */
  readonly blocked?: boolean | null | undefined
  /** Whether nobody is to claim it while a child attached to it is active. */
  readonly untilChildren?: boolean | null | undefined
}

/** Gives a claim back: the run returns to the queue, or keeps its status. Problem: LeaseLost. */
export const releaseRun = defineRunCommand((input: ReleaseRun) => ({
  type: 'releaseRun',
  fence: input.fence,
  notBefore: input.notBefore ?? null,
  waitsFor: input.waitsFor ?? null,
  blocked: input.blocked ?? false,
  untilChildren: input.untilChildren ?? false,
}))

/** Lets a child live and end by itself: its parent neither takes it along nor waits for it. Problems: RunNotActive, InvalidInput, RevisionConflict. */
export const detachRun = defineRunCommand((input: ConditionalInput & CommentedInput) => ({
  type: 'detachRun',
  comment: input.comment ?? null,
  ifRevision: input.ifRevision ?? null,
}))

/** Settles a run as COMPLETED, on evidence; again by the claim that did, it changes nothing. Problems: NotCompletable, LeaseLost, RevisionConflict. */
export const completeRun = defineRunCommand(
  (input: DrivingInput & ConditionalInput & { readonly output?: Json | undefined }, caller) => ({
    type: 'completeRun',
    output: input.output ?? null,
    fence: fenceOf(caller, input.fence),
    ifRevision: input.ifRevision ?? null,
  }),
)

/** Settles a run as FAILED by its owner's word. Problems: RunNotActive, LeaseLost. */
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

/** A cancel, of the run's children too unless told otherwise. */
export type CancelRun = ConditionalInput & CommentedInput & { readonly cascade?: boolean | null | undefined }

const cancel = defineRunCommand((input: CancelRun) => ({
  type: 'cancelRun',
  comment: input.comment ?? null,
  cascade: input.cascade ?? true,
  ifRevision: input.ifRevision ?? null,
}))

/**
 * Cancels a run: at once, or by asking its owner to stop; its attached children with it, in either case. Changes nothing on a final
 * run. Problem: RevisionConflict. Where nothing was changed by this very request, its children are told of as they are now.
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

/** The owner's word that its processes are gone. Problems: RunNotActive, LeaseLost. */
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

/** Records that the current phase failed; with `recovery` a person is asked how to go on. Problems: IllegalTransition, UnknownPhase, RunNotActive, LeaseLost. */
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

/** The question that a failed phase puts to a person. */
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
