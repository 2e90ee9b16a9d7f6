import type { CommandOf } from '../../lifecycle/run/commandInputs.ts'
import type { InputIssue } from '../../lifecycle/run/refusals.ts'
import { STEPS, type StepName } from '../../lifecycle/run/commands.ts'
import type { LoadedRun } from '../../store/run/loadRun.ts'
import { objection, type ProblemType, refuse, type ResultOf, type TakenStep } from '../kit/answers.ts'
import { type Caller, type Commands, toRequest } from '../kit/context.ts'
import { changeSteps, type StepRequest } from '../run/changeSteps.ts'
import { settleRelatives } from '../run/relatives.ts'
import type { DrivingInput } from '../run/runCommands.ts'
import { type DriveStep, prepareStep, type PreparedStep } from './driveSteps.ts'

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
 * Problems: StepRefused, LeaseLost, RevisionConflict, IdempotencyMismatch, NotFound, InvalidInput, Forbidden.
 */
export async function driveRun(
  commands: Commands,
  caller: Caller,
  input: DriveRun,
): Promise<ResultOf<'driveRun', DriveSuccess>> {
  const { runId, isAtomic, ifRevision } = input
  const prepared: PreparedStep[] = []
  for (const [place, given] of input.steps.entries()) {
    const step = await prepareStep(commands, caller, input, given)
    if (!('problem' in step)) prepared.push(step)
    else if (step.problem.type !== 'InvalidInput') return { ok: false, problem: step.problem }
    else
      return refuse({
        type: 'InvalidInput',
        issues: below(['steps', String(place), ...nameOf(given)], step.problem.issues),
      })
  }
  const [first, ...others] = prepared.map((step, place) => toStep(input, step, place))
  if (!first) return refuse({ type: 'InvalidInput', issues: [{ path: ['steps'], message: 'is empty' }] })
  const { results, isDecided, ended } = await changeSteps(commands, caller, {
    runId,
    ifRevision,
    isAtomic,
    steps: [first, ...others],
    authorize: (run) => prepared.map(({ authorize }) => authorize?.(run)).find(Boolean),
    contents: new Map(prepared.flatMap(({ contents = [] }) => [...contents])),
  })
  if (ended) await settleRelatives(commands, ended)
  const isUndone = isAtomic && results.some((result) => !result.ok)
  const taken: TakenStep[] = []
  for (const [step, result] of results.entries()) {
    const { command, present } = prepared[step] as PreparedStep
    if (result.ok) {
      if (isUndone) continue
      const rows = result.withheld ? {} : await present?.(result)
      taken.push({ ...result, ...rows, command: command.type })
      continue
    }
    if (!isDecided || isAboutRequest(result.problem.type, step)) return result as ResultOf<'driveRun', never>
    const refused = { step, sent: prepared.length, command: command.type, refusal: result.problem }
    return objection({ type: 'StepRefused', ...refused, taken }, result.problem.run)
  }
  const { run, withheld } = taken[0] as TakenStep
  const replayed = taken.some((step) => step.replayed)
  return { ok: true, run, ...(withheld && { withheld }), steps: taken, replayed }
}

/** The name of the field with the command of a step. */
function nameOf(given: DriveStep): string[] {
  return STEPS.filter((name) => given[name] != null)
}

function below(path: readonly string[], issues: readonly InputIssue[]): InputIssue[] {
  return issues.map((issue) => ({ ...issue, path: [...path, ...issue.path] }))
}

/** True if a refusal is about what all steps share: the fence and the revision, which the first one meets, or the key. */
function isAboutRequest(refusal: ProblemType, step: number): boolean {
  if (refusal === 'IdempotencyMismatch') return true
  return step === 0 && (refusal === 'LeaseLost' || refusal === 'RevisionConflict')
}

/** A step with the key that it is kept under. */
function toStep(
  { runId, fence, steps, isAtomic, idempotencyKey, ifRevision }: DriveRun,
  { command, asked }: PreparedStep,
  place: number,
): StepRequest<CommandOf<StepName>> {
  return {
    command,
    key: idempotencyKey ? { operation: 'driveRun', key: `${place}:${idempotencyKey}` } : null,
    request: toRequest({ runId, fence, ifRevision, isAtomic, steps: steps.length, step: asked } as object),
  }
}
