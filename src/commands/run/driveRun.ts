import { STEPS, type StepName } from '../../lifecycle/run/commands.ts'
import type { CommandOf } from '../../lifecycle/run/commandInputs.ts'
import type { LoadedRun } from '../../store/run/loadRun.ts'
import {
  objection,
  type ProblemType,
  refuse,
  type ResultOf,
  type RunSuccess,
  type TakenStep,
} from '../kit/answers.ts'
import { type Caller, type Commands, toRequest } from '../kit/context.ts'
import { changeSteps, type StepRequest } from './changeSteps.ts'
import { settleRelatives } from './relatives.ts'
import {
  type DrivingInput,
  type FailPhase,
  type PlainInput,
  toCommand,
  toPhaseFailure,
} from './runCommands.ts'

type InputOf<N extends StepName> = N extends 'failPhase'
  ? FailPhase
  : N extends Exclude<StepName, 'failPhase'>
    ? PlainInput<N>
    : never

/** The input of a step: that of its command without what all steps share. */
export type StepInput<N extends StepName> = Omit<
  InputOf<N>,
  'runId' | 'fence' | 'idempotencyKey' | 'ifRevision'
>

/** One step: exactly one command with its input. */
export type DriveStep = { readonly [N in StepName]?: StepInput<N> | null | undefined }

/** Several commands of an owner about its run. */
export interface DriveRun extends DrivingInput {
  readonly steps: readonly DriveStep[]
  /** True if all are taken or none; false if those before the first refusal are taken. */
  readonly isAtomic: boolean
}

/** All steps were taken. */
export interface DriveSuccess {
  readonly ok: true
  /** The run after all steps. */
  readonly run: LoadedRun
  readonly withheld?: true
  readonly steps: readonly TakenStep[]
  /** True if a step was taken by an earlier request under the same key. */
  readonly replayed: boolean
}

/**
 * Takes several commands in one decision and one write: each is decided on the run as the one before leaves it, and others see all of them or
 * none. `ifRevision` is for the first. Each step has the request's idempotency key with its place, so a repeated request takes no step twice.
 * Problems: StepRefused, LeaseLost, RevisionConflict, IdempotencyMismatch, NotFound, Forbidden.
 */
export async function driveRun(
  commands: Commands,
  caller: Caller,
  input: DriveRun,
): Promise<ResultOf<'driveRun', DriveSuccess>> {
  const { runId, isAtomic, ifRevision } = input
  const steps = input.steps.map((step, place) => toStep(input, step, place, caller))
  const [first, ...others] = steps
  if (!first) return refuse({ type: 'InvalidInput', issues: [{ path: ['steps'], message: 'is empty' }] })
  const { results, isDecided, ended } = await changeSteps(commands, caller, {
    runId,
    ifRevision,
    isAtomic,
    steps: [first, ...others],
  })
  if (ended) await settleRelatives(commands, ended)
  const taken: TakenStep[] = []
  for (const [step, result] of results.entries()) {
    const command = steps[step]?.command.type ?? first.command.type
    if (result.ok) {
      taken.push({ ...result, command })
      continue
    }
    if (!isDecided || isAboutRequest(result.problem.type, step)) return result as ResultOf<'driveRun', never>
    const refused = { step, sent: steps.length, command, refusal: result.problem }
    return objection({ type: 'StepRefused', ...refused, taken: isAtomic ? [] : taken }, result.problem.run)
  }
  const { run, withheld } = results[0] as RunSuccess
  const replayed = taken.some((step) => step.replayed)
  return { ok: true, run, ...(withheld && { withheld }), steps: taken, replayed }
}

/** True if a refusal is about what all steps share: the fence and the revision, which the first one meets, or the key. */
function isAboutRequest(refusal: ProblemType, step: number): boolean {
  if (refusal === 'IdempotencyMismatch') return true
  return step === 0 && (refusal === 'LeaseLost' || refusal === 'RevisionConflict')
}

/** The command of a step, with the key that it is kept under. */
function toStep(
  { runId, fence, steps, isAtomic, idempotencyKey, ifRevision }: DriveRun,
  given: DriveStep,
  place: number,
  caller: Caller,
): StepRequest<CommandOf<StepName>> {
  const about = { runId, fence }
  return {
    command: toCommandOf(about, given, caller),
    key: idempotencyKey ? { operation: 'driveRun', key: `${place}:${idempotencyKey}` } : null,
    request: toRequest({ ...about, ifRevision, isAtomic, steps: steps.length, step: given } as object),
  }
}

function toCommandOf(about: DrivingInput, given: DriveStep, caller: Caller): CommandOf<StepName> {
  const name = STEPS.find((each) => given[each] != null)
  if (name === undefined) throw new Error('a step without a command')
  const input = { ...about, ...given[name] }
  // the input is that of the command with this name
  return name === 'failPhase'
    ? toPhaseFailure(input as FailPhase, caller)
    : toCommand(name, input as PlainInput<typeof name>, caller)
}
