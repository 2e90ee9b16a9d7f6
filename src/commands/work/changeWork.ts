import type { Operation } from '../../lifecycle/run/authority.ts'
import type { Command } from '../../lifecycle/run/commands.ts'
import type { Run } from '../../lifecycle/run/run.ts'
import type { OwnedRow } from '../../store/work/findWork.ts'
import { findRunId, type CommandTarget } from '../../store/run/findRunId.ts'
import type { Connection } from '../../store/sql/statement.ts'
import { type Refused, refuse, type RunSuccess } from '../kit/answers.ts'
import type { RunRequest } from '../run/changeOne.ts'
import { changeRun } from '../run/changeRun.ts'
import type { Caller, Commands, Keyed } from '../kit/context.ts'
import { toRequest } from '../run/runCommands.ts'

/** The success of a command about a row below a run: the row as it is then, and its run. */
export interface WorkSuccess<Row> extends RunSuccess {
  readonly row: Row
}

/** What such a command answers. */
export type WorkAnswer<Row> = WorkSuccess<Row> | Refused

/** A command about a row below a run, put to the run it hangs below. */
export interface WorkRequest<Row> {
  readonly operation: Operation
  readonly table: CommandTarget
  readonly id: string
  readonly command: Command
  readonly input: Keyed
  readonly authorize?: (run: Run) => Refused | undefined
  /** The row, in the run that the command answers with. */
  readonly pick: (run: Run) => Row | undefined
}

const NOT_FOUND = {
  session: (sessionId: string) => refuse({ type: 'SessionNotFound', sessionId }),
  approval: (approvalId: string) => refuse({ type: 'ApprovalNotFound', approvalId }),
  message: (messageId: string) => refuse({ type: 'MessageNotFound', messageId }),
} as const

/** Finds the run that a row hangs below, and puts the command to it. Answers with …NotFound, or as `changeRun`. */
export async function changeWork<Row>(
  commands: Commands,
  caller: Caller,
  { operation, table, id, command, input, authorize, pick }: WorkRequest<Row>,
): Promise<WorkAnswer<Row>> {
  const runId = await findRunId(commands.store.pool, table, id)
  if (runId === null) return NOT_FOUND[table](id)
  const { idempotencyKey } = input
  const ask: RunRequest = { operation, runId, command, idempotencyKey, request: toRequest(input) }
  const answer = await changeRun(commands, caller, authorize ? { ...ask, authorize } : ask)
  // the run was deleted meanwhile, and the row with it
  if (!answer.ok) return answer.problem.type === 'RunNotFound' ? NOT_FOUND[table](id) : answer
  return withRow(answer, pick(answer.run.run))
}

/** An accepted answer with the row it is about. */
export function withRow<Row>(answer: RunSuccess, row: Row | undefined): WorkSuccess<Row> {
  if (!row) throw new Error(`run ${answer.run.run.id} lacks the row that the command was about`)
  return { ...answer, row }
}

/** Finds rows by their ids. */
type Find<Row> = (connection: Connection, ids: readonly string[]) => Promise<OwnedRow<Row>[]>

/**
 * An accepted answer with the row that the command made, by the id its event tells. A run is loaded with what is under
 * way: a row that has come to its end since is read by itself, for a key that comes again late.
 */
export async function withRowMade<Row extends { readonly id: string }>(
  { store }: Commands,
  answer: RunSuccess,
  {
    id,
    among,
    find,
  }: { readonly id: string | null; readonly among: readonly Row[]; readonly find: Find<Row> },
): Promise<WorkSuccess<Row>> {
  const present = among.find((row) => row.id === id)
  if (present || id === null) return withRow(answer, present)
  const [found] = await find(store.pool, [id])
  return withRow(answer, found?.row)
}
