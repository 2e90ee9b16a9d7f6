import type { Refused, RunSuccess } from '../kit/answers.ts'
import { type RunRequest, changeOne } from './changeOne.ts'
import { type Caller, type Commands, SYSTEM } from '../kit/context.ts'
import { NO_RELATIVES, type Relatives, settleRelatives } from './relatives.ts'

/** The success of a command about one run, with what it came to for the run's children. */
export interface ChangeSuccess extends RunSuccess {
  readonly relatives: Relatives
}

/** What a command about one run answers. */
export type ChangeAnswer = ChangeSuccess | Refused

/**
 * Puts a command to one run. Where the run settles by it, or its cancel is accepted, what its children and its parent are owed is
 * paid at once; a server that dies before that leaves it to the sweep, as does a child that can't be cancelled now. Answers and throws as `changeOne`.
 */
export async function changeRun(commands: Commands, caller: Caller, ask: RunRequest): Promise<ChangeAnswer> {
  const { answer, ended } = await changeOne(commands, caller, ask)
  const relatives = ended ? await settleRelatives(commands, ended) : NO_RELATIVES
  return answer.ok ? { ...answer, relatives } : answer
}

/** Applies what is due on a run and nothing else. */
export function sweepRun(commands: Commands, runId: string): Promise<ChangeAnswer> {
  return changeRun(commands, SYSTEM, { operation: null, runId, command: { type: 'sweep' }, request: null })
}
