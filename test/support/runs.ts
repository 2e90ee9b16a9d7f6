import type { Problem, RunResult, RunSuccess } from '../../src/commands/kit/answers.ts'
import { claimRun } from '../../src/commands/run/claimRun.ts'
import { runCommands } from '../../src/commands/run/runCommands.ts'
import { type StartRun, startRun } from '../../src/commands/run/startRun.ts'
import { sweepRun } from '../../src/commands/run/changeRun.ts'
import type { Run } from '../../src/lifecycle/run/run.ts'
import type { RunStatus } from '../../src/lifecycle/run/enums.ts'
import type { TestCommands } from './commands.ts'
import { passTime } from './passTime.ts'

const { cancelRun, completeRun, failRun, pauseRun, startPhase } = runCommands

const START: StartRun = {
  workflow: 'solo',
  version: null,
  title: null,
  input: null,
  labels: [],
  project: 'default',
  concurrencyKey: null,
  parentRunId: null,
  isDetached: false,
  continuesRunId: null,
  claim: null,
  idempotencyKey: null,
  request: null,
}

/** Statuses that a run's commands can reach without an approval. */
export type ReachableStatus = Exclude<RunStatus, 'AWAITING_APPROVAL'>

/** Returns the answer if it is a success; throws, with the problem, if it is a refusal. */
export function accepted(answer: RunResult): RunSuccess {
  if (!answer.ok) throw new Error(`${answer.problem.type}: ${answer.problem.message}`)
  return answer
}

/** Returns the problem if the answer is a refusal; throws if it is a success. */
export function refused(
  answer: { readonly ok: true } | { readonly ok: false; readonly problem: Problem },
): Problem {
  if (answer.ok) throw new Error('accepted, against expectation')
  return answer.problem
}

/** The input of a start; by default a run of the workflow `solo`. */
export function toStart(overrides: Partial<StartRun> = {}): StartRun {
  return { ...START, ...overrides }
}

/** Starts a run and returns it, QUEUED unless a claim is requested. */
export async function begin(
  { commands, callers }: TestCommands,
  overrides: Partial<StartRun> = {},
): Promise<Run> {
  return accepted(await startRun(commands, callers.admin, toStart(overrides))).run.run
}

/**
 * Starts a run and brings it to a status, using only commands. In RUNNING, PAUSED and CANCELLING it is owned by `first`
 * under fence 1, with a lease of the given number of seconds (default 30).
 */
export async function runIn(
  test: TestCommands,
  status: ReachableStatus,
  { leaseSeconds = 30, ...overrides }: Partial<StartRun> & { leaseSeconds?: number } = {},
): Promise<Run> {
  const { commands, callers } = test
  const { id: runId } = await begin(test, overrides)
  const hold = async () => {
    const claimed = await claimRun(commands, callers.worker, { runId, owner: 'first', leaseSeconds })
    return accepted(claimed).run.run
  }
  switch (status) {
    case 'QUEUED':
      break
    case 'RUNNING':
      await hold()
      break
    case 'PAUSED':
      await hold()
      accepted(await pauseRun(commands, callers.operator, { runId }))
      break
    case 'CANCELLING':
      await hold()
      accepted(await cancelRun(commands, callers.operator, { runId }))
      break
    case 'CANCELLED':
      accepted(await cancelRun(commands, callers.operator, { runId }))
      break
    case 'FAILED':
      await hold()
      accepted(await failRun(commands, callers.worker, { runId, fence: 1, error: 'broken' }))
      break
    case 'COMPLETED': {
      const { currentPhase: phase } = await hold()
      accepted(await startPhase(commands, callers.worker, { runId, phase, fence: 1 }))
      accepted(await completeRun(commands, callers.worker, { runId, fence: 1 }))
      break
    }
    case 'EXPIRED':
      await passTime(test.store, runId, 8 * 86_400)
      break
  }
  const { run } = accepted(await sweepRun(commands, runId)).run
  if (run.status !== status) throw new Error(`the run became ${run.status}, not ${status}`)
  return run
}
