import type { RunAnswer } from '../../src/commands/answers.ts'
import { claimRun } from '../../src/commands/claimRun.ts'
import type { Caller, Commands } from '../../src/commands/context.ts'
import { deleteRun } from '../../src/commands/deleteRun.ts'
import { finishExecution, startExecution } from '../../src/commands/executions.ts'
import { renewLease } from '../../src/commands/renewLease.ts'
import * as runs from '../../src/commands/runCommands.ts'

/** An answer as far as the model looks at it. */
export interface Answer {
  readonly ok: boolean
  readonly changed: boolean | null
  readonly replayed: boolean | null
  readonly runId: string | null
  readonly executionId: string | null
  readonly problem: { readonly type: string } | null
}

type Input = { readonly runId: string } & Record<string, unknown>

/** The use cases about one run, each by the name the oracle has for it. */
export const USE_CASES = {
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
  advance: adapt(runs.advancePhase),
  startPhase: adapt(runs.startPhase),
  failPhase: adapt(runs.failPhase),
  completeRound: adapt(runs.completeRound),
  execute: adapt(startExecution),
  finish: adapt(finishExecution),
} as const

/** A use case seen through the one shape of answer that the model compares. */
function adapt(useCase: (commands: Commands, caller: Caller, input: never) => Promise<object>) {
  return async (commands: Commands, caller: Caller, input: Omit<Input, 'runId'>): Promise<Answer> =>
    toAnswer(await useCase(commands, caller, input as never))
}

/** What an answer says of what the model looks at; null where it says nothing of it. */
export function toAnswer(answer: object): Answer {
  const told = answer as Partial<Extract<RunAnswer, { ok: true }>> & {
    ok: boolean
    execution?: { id: string }
    runId?: string
    problem?: { type: string }
  }
  return {
    ok: told.ok,
    changed: told.changed ?? null,
    replayed: told.replayed ?? null,
    runId: told.run?.run.id ?? told.runId ?? null,
    executionId: told.execution?.id ?? null,
    problem: told.problem ?? null,
  }
}
