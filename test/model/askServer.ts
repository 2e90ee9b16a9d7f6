import { decideApproval, requestApproval, withdrawApproval } from '../../src/commands/activity/approvals.ts'
import { submitArtifact } from '../../src/commands/activity/artifacts.ts'
import { claimRun } from '../../src/commands/run/claimRun.ts'
import type { Caller, Commands } from '../../src/commands/kit/context.ts'
import { deleteRun } from '../../src/commands/run/deleteRun.ts'
import { finishExecution, startExecution } from '../../src/commands/activity/executions.ts'
import { acknowledgeMessage, sendMessage } from '../../src/commands/activity/messages.ts'
import { renewLease } from '../../src/commands/run/renewLease.ts'
import { failPhase, runCommands as runs } from '../../src/commands/run/runCommands.ts'
import * as sessions from '../../src/commands/activity/sessions.ts'
import type { Run } from '../../src/lifecycle/run/run.ts'
import type { AboutAction } from './actions.ts'
import type { Relatives } from './oracleFamily.ts'

/** The fields of a problem that the model compares. */
export interface AnsweredProblem {
  readonly type: string
  readonly differingPaths?: readonly string[]
  readonly missing?: readonly { readonly kind: string; readonly phase: string | null }[]
  readonly allowed?: readonly string[]
}

/** The fields of an answer that the model compares; null if the answer lacks them. */
export interface Answer {
  readonly ok: boolean
  readonly changed: boolean | null
  readonly replayed: boolean | null
  readonly runId: string | null
  /** The run in the answer, of a success or a refusal. */
  readonly run: Run | null
  /** The row below the run that was created, or that the command is about. */
  readonly row: { readonly id: string } | null
  readonly created: boolean | null
  readonly nextSeq: number | null
  readonly directives: readonly object[] | null
  readonly relatives: Relatives | null
  readonly problem: AnsweredProblem | null
}

type Input = Record<string, unknown>
type UseCase = (commands: Commands, caller: Caller, input: Input) => Promise<Answer>

/** The use cases about one run, by the oracle's names. */
export const USE_CASES: { readonly [K in AboutAction['kind']]: UseCase } = {
  claim: adapt(claimRun),
  release: adapt(runs.releaseRun),
  confirmCancel: adapt(runs.confirmCancel),
  renew: adapt(renewLease),
  pause: adapt(runs.pauseRun),
  cancel: adapt(runs.cancelRun),
  resume: adapt(runs.resumeRun),
  complete: adapt(runs.completeRun),
  fail: adapt(runs.failRun),
  delete: adapt(deleteRun),
  detach: adapt(runs.detachRun),
  advance: adapt(runs.advancePhase),
  startPhase: adapt(runs.startPhase),
  failPhase: adapt(failPhase),
  completeRound: adapt(runs.completeRound),
  execute: adapt(startExecution),
  finish: adapt(finishExecution),
  openSession: adapt(sessions.openSession),
  updateSession: adapt(sessions.updateSession),
  recordPrompt: adapt(sessions.recordPrompt),
  append: adapt(sessions.appendTranscript),
  submit: adapt(submitArtifact),
  askApproval: adapt(requestApproval),
  askInTurn: adapt(requestApproval),
  withdraw: adapt(withdrawApproval),
  decide: adapt(decideApproval),
  say: adapt(sendMessage),
  receipt: adapt(acknowledgeMessage),
}

/** Adapts a use case to the common answer shape that the model compares. */
function adapt(useCase: (commands: Commands, caller: Caller, input: never) => Promise<object>): UseCase {
  return async (commands, caller, input) => toAnswer(await useCase(commands, caller, input as never))
}

/** The fields of the answers of all use cases. */
interface Told {
  readonly ok: boolean
  readonly changed?: boolean
  readonly replayed?: boolean
  readonly runId?: string
  readonly run?: { readonly run: Run }
  readonly row?: { readonly id: string }
  readonly execution?: { readonly id: string }
  readonly created?: boolean
  readonly nextSeq?: number
  readonly directives?: readonly object[]
  readonly relatives?: { readonly cancelled: number; readonly left: readonly { readonly run: Run }[] }
  readonly problem?: AnsweredProblem & { readonly run?: { readonly run: Run } | null }
}

/** Extracts the fields that the model compares. */
export function toAnswer(answer: object): Answer {
  const told = answer as Told
  const { relatives } = told
  return {
    ok: told.ok,
    changed: told.changed ?? null,
    replayed: told.replayed ?? null,
    runId: told.run?.run.id ?? told.runId ?? null,
    run: told.run?.run ?? told.problem?.run?.run ?? null,
    row: told.row ?? told.execution ?? null,
    created: told.created ?? null,
    nextSeq: told.nextSeq ?? null,
    directives: told.directives ?? null,
    relatives: relatives
      ? { cancelled: relatives.cancelled, left: relatives.left.map(({ run }) => run.id).toSorted() }
      : null,
    problem: told.problem ?? null,
  }
}
