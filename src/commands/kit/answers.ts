import { standingOf } from '../../lifecycle/answers/explainStatus.ts'
import { explainRefusal } from '../../lifecycle/answers/explainRefusal.ts'
import type { CommandName, RefusalTypeOf, StepName } from '../../lifecycle/run/commands.ts'
import type { Refusal } from '../../lifecycle/run/refusals.ts'
import type { Refused } from '../../lifecycle/run/result.ts'
import type { Artifact, Execution, Session } from '../../lifecycle/run/run.ts'
import type { Accepted } from '../../lifecycle/decide.ts'
import { isSettledStatus, type Role } from '../../lifecycle/run/enums.ts'
import type { LoadedRun } from '../../store/run/loadRun.ts'
import { explainWorkspace, type WorkspaceObjection } from './workspaceAnswers.ts'

/** Why a command is refused before, or besides, any decision about one run. */
export type Objection =
  | { readonly type: 'Forbidden'; readonly requiredRole: Role | null; readonly detail: string }
  | {
      readonly type: 'ConcurrencyConflict'
      readonly holder: LoadedRun
      /** What the holder holds: the concurrency key, or the run to be continued. */
      readonly holds: 'KEY' | 'ITSELF'
    }
  | { readonly type: 'AlreadyContinued'; readonly continued: string; readonly by: LoadedRun | null }
  | {
      readonly type: 'WorkflowMismatch'
      readonly name: string
      readonly version: number
      /**
       * REGISTERED: this version is registered with another definition. CONTINUES: the run to be continued executes
       * this version, and the start names another workflow or an older version.
       */
      readonly because: 'REGISTERED' | 'CONTINUES'
    }
  | { readonly type: 'NothingToClaim'; readonly claimableInSeconds: number | null }
  | { readonly type: 'AmbiguousRun'; readonly candidates: readonly LoadedRun[] }
  | { readonly type: 'NoActiveRun'; readonly detail: string }
  | {
      readonly type: 'StepRefused'
      /** Its place among the steps, from 0. */
      readonly step: number
      /** How many steps were sent. */
      readonly sent: number
      readonly command: StepName
      readonly refusal: Problem
      /** The steps before it, where they were taken; empty if all had to be. */
      readonly taken: readonly TakenStep[]
    }
  | WorkspaceObjection

/** A step that was taken; its run is the one after all steps. */
export interface TakenStep extends RunSuccess, StepRows {
  readonly command: StepName
}

/** The rows that a step was about, as they are after all steps; none of a withheld one. */
export interface StepRows {
  readonly execution?: Execution | undefined
  readonly session?: Session | undefined
  readonly artifact?: Artifact | undefined
}

/** A refusal as returned to the caller: its type, its message, and the current run if it is about one. */
export type Problem = (Refusal | Objection) & { readonly message: string; readonly run: LoadedRun | null }

/** The types of problems. */
export type ProblemType = Problem['type']

/**
 * A lookup instead of a conditional type, so that a refusal with fewer types is assignable where more are expected.
 */
type ProblemsByType = { readonly [P in ProblemType]: Extract<Problem, { readonly type: P }> }

/** The problems of these types. */
export type ProblemOf<P extends ProblemType> = ProblemsByType[P]

/**
 * A refusal with one of these problems. An interface, so that a refusal with fewer problems is assignable where more
 * are expected, also where their types are type parameters.
 */
export interface RefusedWith<P extends ProblemType = ProblemType> extends Refused<ProblemOf<P>> {}

/** The result of the command with this name; its problems are limited to those that COMMANDS lists. */
export type ResultOf<N extends CommandName, Success extends { readonly ok: true }> =
  | Success
  | RefusedWith<RefusalTypeOf<N>>

/** The result of a command about one run. */
export type RunResult<P extends ProblemType = ProblemType> = RunSuccess | RefusedWith<P>

/** The command was accepted, now or earlier under the same key; with the run after it. */
export interface RunSuccess extends Omit<Accepted, 'deleted'> {
  readonly run: LoadedRun
  /** True if the run must not be shown: the claim of the calling agent is over. */
  readonly withheld?: true
}

/** Builds the answer for a refusal about a run, with the current run. */
export function refuse<R extends Refusal>(refusal: R, run: LoadedRun | null = null): RefusedWith<R['type']> {
  const standing = run && standingOf(run.run, run.now)
  const problem: Problem = { ...refusal, message: explainRefusal(refusal, standing), run }
  return { ok: false, problem: problem as ProblemOf<R['type']> }
}

/** Builds the answer for an objection, with its message, and the current run if it is about one. */
export function objection<O extends Objection>(
  reason: O,
  run: LoadedRun | null = null,
): RefusedWith<O['type']> {
  const problem: Problem = { ...reason, message: explainObjection(reason), run }
  return { ok: false, problem: problem as ProblemOf<O['type']> }
}

function explainObjection(objection: Objection): string {
  switch (objection.type) {
    case 'Forbidden':
      return objection.detail
    case 'ConcurrencyConflict': {
      const { id, status, claim } = objection.holder.run
      return objection.holds === 'KEY'
        ? `The concurrency key is held by ${id}, which is ${status}${isSettledStatus(status) ? ' and whose owner has not stopped yet: wait for that' : ': wait until it has settled, or cancel it'}.`
        : `The run ${id} is ${status}, but its owner ${claim?.owner ?? ''} has not stopped yet: continue it when the lease has expired.`
    }
    case 'AlreadyContinued': {
      const { continued, by } = objection
      return by
        ? `The run ${continued} is already continued by ${by.run.id}, which is ${by.run.status}. Continue that one.`
        : `The run ${continued} is already continued by a run that you may not see.`
    }
    case 'WorkflowMismatch':
      return objection.because === 'REGISTERED'
        ? `Workflow ${objection.name} version ${objection.version} is registered with another definition; register a new version.`
        : `The run to be continued executes ${objection.name} version ${objection.version}: start that workflow, with no version or a newer one.`
    case 'NothingToClaim':
      return objection.claimableInSeconds === null
        ? 'No queued run matches. Try again later, or follow the feed of runs.'
        : `No matching queued run can be claimed yet; the next one can in ${objection.claimableInSeconds} s.`
    case 'AmbiguousRun':
      return `Several runs are active (${objection.candidates.map(({ run }) => run.id).join(', ')}): specify one.`
    case 'NoActiveRun':
      return objection.detail
    case 'StepRefused': {
      const { step, sent, command, refusal, taken } = objection
      const others = taken.length > 0 ? `what came before it was taken (${taken.length})` : 'none was taken'
      return `Step ${step + 1} of ${sent}, ${command}, was refused, and ${others}: ${refusal.message}`
    }
    default:
      return explainWorkspace(objection)
  }
}

/** Refuses a revision where it could be that of no run. */
export function refuseRevision(given: string): RefusedWith<'InvalidInput'> {
  return refuse({
    type: 'InvalidInput',
    issues: [{ path: ['ifRevision'], message: `is for one run, and this is ${given}` }],
  })
}
