import { constants } from 'node:os'
import { unwrap } from '@pawl/sdk'
import type { LeaseKeeper, Pawl } from '@pawl/sdk'
import { findServer } from '../kit/connect.ts'
import { EXIT, UsageError } from '../kit/exitCodes.ts'
import type { Invocation } from '../kit/invocation.ts'
import { reportError } from '../kit/report.ts'
import { safeText } from '../terminal/width.ts'
import { openCommandOutput, INHERITED_OUTPUT } from './commandOutput.ts'
import type { CommandOutput } from './commandOutput.ts'
import { concludeRun, describeEnding } from './concludeRun.ts'
import type { Failure } from './concludeRun.ts'
import { finishExecution } from './finishExecution.ts'
import type { DirectoryLock } from '../../processes/directoryLock.ts'
import { agentEnvironment } from '../../processes/agentEnvironment.ts'
import { launch } from '../../processes/launch.ts'
import type { Child, Ending } from '../../processes/launch.ts'
import { quoteCommand } from '../../text/quoteCommand.ts'
import { printConclusion } from './printConclusion.ts'
import { stopLimitsOf, supervise } from './supervise.ts'
import type { StopRules, Supervised } from './supervise.ts'
import { startTaskPhase } from './takeRun.ts'
import type { TakenRun } from './takeRun.ts'
import type { Signals } from './watchSignals.ts'

/** A command and the claimed run that it works for. */
export interface Task {
  readonly command: readonly string[]
  readonly taken: TakenRun
  readonly signals: Signals
  /** Lock of the working directory. */
  readonly lock: DirectoryLock
  /** Seconds. */
  readonly lease: number
  /** Seconds. */
  readonly killAfter: number
  /** Names of further variables that the command inherits. */
  readonly passEnv: readonly string[]
  /** Whether what the command prints is kept. */
  readonly transcript: boolean
}

/** A command that waits at its gate, and is recorded. */
interface Recorded {
  readonly child: Child
  readonly executionId: string
  readonly output: CommandOutput
}

/** How long reading the run may take while its command is being stopped, in milliseconds. */
const READ_TIMEOUT_MS = 1_000

/** A shell's exit code for a command that could not be started. */
const COMMAND_NOT_STARTED = 126

/** Runs the command under the claim's lease, then ends the claim. Returns the exit code. */
export async function executeUnderLease(invocation: Invocation, task: Task): Promise<number> {
  const { run, lease } = task.taken
  const keeper = await invocation.pawl.keepLease({
    runId: run.id,
    fence: lease.fence,
    leaseSeconds: task.lease,
    expiresAt: lease.expiresAt,
    onMessage: ({ id, sentBy, text }) =>
      invocation.note(`${safeText(sentBy)} says: ${safeText(text)}  (${id})`),
  })
  try {
    return await executeOwned(invocation, task, keeper)
  } finally {
    keeper.end()
  }
}

async function executeOwned(invocation: Invocation, task: Task, keeper: LeaseKeeper): Promise<number> {
  const { pawl } = invocation
  if (!(await task.lock.endLeft(stopLimitsOf('SHUTDOWN', keeper, stopRulesOf(pawl, task))))) {
    // Two agents of one run must never work in one directory. The next owner may find these processes gone.
    await concludeRun(pawl, keeper, { failure: undefined, isGone: true })
    const message = 'Processes that an earlier owner of the run has left here could not be ended'
    return reportError(invocation, new UsageError(message, EXIT.lostRace, 'DirectoryTaken'))
  }
  const env = environmentFor(invocation, task)
  const output = task.transcript ? await openCommandOutput(invocation, keeper, env) : INHERITED_OUTPUT
  try {
    return await executeWithOutput(invocation, task, keeper, { env, output })
  } finally {
    await output.end()
  }
}

async function executeWithOutput(
  invocation: Invocation,
  task: Task,
  keeper: LeaseKeeper,
  { env, output }: { readonly env: NodeJS.ProcessEnv; readonly output: CommandOutput },
): Promise<number> {
  const { pawl } = invocation
  let child: Child
  try {
    const { streams, terminal, withhold } = output
    child = await launch(task.command, { env, streams, terminal, withhold, keep: [task.lock.fd] })
    output.launched()
  } catch (error) {
    const failure: Failure = {
      reason: 'START_FAILED',
      error: `the command could not be started: ${String(error)}`,
    }
    await concludeRun(pawl, keeper, { failure, isGone: true })
    reportError(invocation, error)
    return COMMAND_NOT_STARTED
  }
  let executionId: string
  try {
    executionId = await recordExecution(pawl, keeper, child, task)
    await startTaskPhase(invocation, task.taken)
  } catch (error) {
    child.abandon()
    await child.ended
    const code = reportError(invocation, error)
    await concludeRun(pawl, keeper, { failure: undefined, isGone: true })
    return code
  }
  return executeRecorded(invocation, task, keeper, { child, executionId, output })
}

async function executeRecorded(
  invocation: Invocation,
  task: Task,
  keeper: LeaseKeeper,
  { child, executionId, output }: Recorded,
): Promise<number> {
  const { pawl } = invocation
  const startedAt = performance.now()
  child.begin(executionId)
  const rules = stopRulesOf(pawl, task)
  task.signals.forwardTo(child.group, () => void child.group.stop(stopLimitsOf('SHUTDOWN', keeper, rules)))
  const supervised = await supervise(child, keeper, rules)
  await output.end()
  const exitCode = exitCodeOf(supervised.ending)
  try {
    const outcome = await finishExecution(pawl, executionId, keeper.fence, supervised)
    const conclusion = await concludeRun(pawl, keeper, {
      failure: failureOf(supervised, task.signals.asked),
      isGone: supervised.isGone,
    })
    const tookMs = performance.now() - startedAt
    printConclusion(invocation, { ...supervised, ...conclusion, executionId, outcome, exitCode, tookMs })
  } catch (error) {
    // The server finds out by itself when the lease expires.
    reportError(invocation, error)
  }
  return exitCode
}

/** Records the process before the command itself is started. */
async function recordExecution(
  pawl: Pawl,
  keeper: LeaseKeeper,
  child: Child,
  { command }: Task,
): Promise<string> {
  const { runId, fence } = keeper
  const fields = { runId, fence, command: quoteCommand(command), pid: child.pid }
  return unwrap(await pawl.executions.start(fields)).execution.id
}

function environmentFor(
  invocation: Invocation,
  { taken: { run, agentToken }, passEnv, lock }: Task,
): NodeJS.ProcessEnv {
  const { url } = findServer(invocation.env, invocation.options)
  return agentEnvironment(invocation.env, { url, runId: run.id, agentToken, passEnv, lockId: lock.id })
}

function stopRulesOf(pawl: Pawl, { taken, lease, killAfter }: Task): StopRules {
  const retry = { attempts: 1, timeoutMs: READ_TIMEOUT_MS }
  return {
    leaseMs: lease * 1_000,
    epoch: taken.run.epoch,
    killAfterMs: killAfter * 1_000,
    readRun: async () => (await pawl.runs.get(taken.run.id, { retry })) ?? undefined,
  }
}

/** A command that ended by itself fails the run that it left unfinished; one that was stopped does not. */
function failureOf(
  { ending, interruption }: Supervised,
  asked: NodeJS.Signals | undefined,
): Failure | undefined {
  if (interruption) return undefined
  const by = asked ? ` (interrupted by ${asked})` : ''
  const reason = ending.exitCode === 0 && !asked ? 'INCOMPLETE' : 'REPORTED_FAILURE'
  return { reason, error: `the command ${describeEnding(ending)}${by} and left the run unfinished` }
}

function exitCodeOf({ exitCode, signal }: Ending): number {
  return exitCode ?? (signal ? 128 + constants.signals[signal] : EXIT.fault)
}
