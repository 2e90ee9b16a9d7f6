import type { Command } from '../../lifecycle/run/commandInputs.ts'
import { canBeRefusedWith, type RefusalTypeOf } from '../../lifecycle/run/commands.ts'
import { isSettledStatus } from '../../lifecycle/run/enums.ts'
import type { Json } from '../../lifecycle/run/run.ts'
import { findConcurrencyKeyHolder } from '../../store/run/claim/findConcurrencyKeyHolder.ts'
import { type LoadedRun, loadRuns } from '../../store/run/loadRun.ts'
import { objection, type RunResult } from '../kit/answers.ts'
import type { Caller, Commands } from '../kit/context.ts'
import { changeSteps, type StepsChanged, type StepsRequest, sweepOne } from './changeSteps.ts'

/** A command about one run, as its caller sent it. */
export interface RunRequest<C extends Command = Command> extends Pick<
  StepsRequest,
  'runId' | 'ifRevision' | 'scope' | 'authorize' | 'contents'
> {
  readonly command: C
  readonly idempotencyKey?: string | null | undefined
  /** The input without its key, compared when the key is used again. */
  readonly request: Json
}

/** The refusals that any command about a run may return besides those of its decision. */
export type BesideDecision = 'NotFound' | 'Forbidden' | 'IdempotencyMismatch'

/** The result of a command about one run. */
export type ChangeResult<C extends Command> = RunResult<BesideDecision | RefusalTypeOf<C['type']>>

/** The result of applying a command. */
export interface Changed<R extends RunResult = RunResult> extends Pick<StepsChanged, 'ended'> {
  readonly result: R
}

/**
 * Applies a command to one run. Answers with NotFound, Forbidden, ConcurrencyConflict, or a refusal of the
 * decision.
 *
 * @throws ContendedError
 */
export async function changeOne<C extends Command>(
  commands: Commands,
  caller: Caller,
  { command, idempotencyKey, request, ...about }: RunRequest<C>,
): Promise<Changed<ChangeResult<C>>> {
  const key = idempotencyKey ? { operation: command.type, key: idempotencyKey } : null
  const { results, ended } = await changeSteps(
    commands,
    caller,
    { ...about, steps: [{ command, key, request }], isAtomic: false },
    // a conflict that the command does not list would be a bug in the rules
    canBeRefusedWith(command.type, 'ConcurrencyConflict')
      ? { run_concurrency_key: () => findConflict(commands, about.runId) }
      : {},
  )
  // the rules and the handlers above only return refusals that COMMANDS lists for the command
  return { result: results[0] as ChangeResult<C>, ended }
}

/** Returns the conflict with the holder of the run's concurrency key; undefined if the key is no longer held. */
async function findConflict(commands: Commands, runId: string): Promise<StepsChanged | undefined> {
  const [loaded] = await loadRuns(commands.store.pool, commands.store, [runId])
  if (!loaded || loaded.run.concurrencyKey === null) return undefined
  const holderId = await findConcurrencyKeyHolder(
    commands.store.pool,
    loaded.run.project,
    loaded.run.concurrencyKey,
  )
  const holder = holderId && (await currentHolder(commands, holderId))
  if (!holder) return undefined
  const conflict = objection({ type: 'ConcurrencyConflict', holder, holds: 'KEY' })
  return { results: [conflict], isDecided: true, ended: null }
}

/** Returns a run that holds a concurrency key, after applying its due changes; null if it no longer holds it. */
export async function currentHolder(commands: Commands, id: string): Promise<LoadedRun | null> {
  const [result] = (await sweepOne(commands, id)).results
  if (!result.ok) return null
  const { run } = result.run
  return isSettledStatus(run.status) && run.claim === null ? null : result.run
}
