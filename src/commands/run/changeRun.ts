import type { Command, CommandOf } from '../../lifecycle/run/commandInputs.ts'
import type { RefusalTypeOf } from '../../lifecycle/run/commands.ts'
import type { RefusedWith, RunSuccess } from '../kit/answers.ts'
import { type BesideDecision, changeOne, type RunRequest } from './changeOne.ts'
import { type Caller, type Commands, SYSTEM } from '../kit/context.ts'
import { NO_RELATIVES, type Relatives, settleRelatives } from './relatives.ts'

/** The success of a command about one run, with the effect on the run's children. */
export interface ChangeSuccess extends RunSuccess {
  readonly relatives: Relatives
}

/** The result of a command about one run, with the effect on the run's children. */
export type ChangeRunResult<C extends Command> =
  | ChangeSuccess
  | RefusedWith<BesideDecision | RefusalTypeOf<C['type']>>

/**
 * Applies a command to one run. If the run settles by it, or its cancel is accepted, its children are cancelled and
 * its parent is notified immediately; the sweep does that after a server crash in between, and for a child that can't
 * be cancelled now. Answers and throws as `changeOne`.
 */
export async function changeRun<C extends Command>(
  commands: Commands,
  caller: Caller,
  request: RunRequest<C>,
): Promise<ChangeRunResult<C>> {
  const { result, ended } = await changeOne(commands, caller, request)
  const relatives = ended ? await settleRelatives(commands, ended) : NO_RELATIVES
  return result.ok ? { ...result, relatives } : result
}

/** Applies only the due changes of a run. */
export function sweepRun(commands: Commands, runId: string): Promise<ChangeRunResult<CommandOf<'sweep'>>> {
  return changeRun(commands, SYSTEM, { runId, command: { type: 'sweep' }, request: null })
}
