import type { Command } from '../../lifecycle/run/commandInputs.ts'
import type { RefusalTypeOf } from '../../lifecycle/run/commands.ts'
import type { Run } from '../../lifecycle/run/run.ts'
import type { OwnedRow } from '../../store/activity/findWork.ts'
import { findRunId } from '../../store/run/findRunId.ts'
import type { Connection } from '../../store/sql/statement.ts'
import { type RefusedWith, refuse, type RunSuccess } from '../kit/answers.ts'
import type { BesideDecision } from '../run/changeOne.ts'
import { changeRun } from '../run/changeRun.ts'
import type { Caller, Commands, Keyed } from '../kit/context.ts'
import { requestOf } from '../run/runCommands.ts'

/** The success of a command about a dependent row: the row after the command, and its run. */
export interface WorkSuccess<Row> extends RunSuccess {
  readonly row: Row
}

/** The tables of the rows that commands name, each with its refusal for a missing row. */
const NOT_FOUND = {
  session: (sessionId: string) => refuse({ type: 'NotFound', kind: 'SESSION', id: sessionId }),
  approval: (approvalId: string) => refuse({ type: 'NotFound', kind: 'APPROVAL', id: approvalId }),
  message: (messageId: string) => refuse({ type: 'NotFound', kind: 'MESSAGE', id: messageId }),
} as const
type Table = keyof typeof NOT_FOUND
type NotFound<T extends Table> = ReturnType<(typeof NOT_FOUND)[T]>['problem']['type']

/** A command about a dependent row of a run. */
export interface WorkRequest<C extends Command, T extends Table, Row> {
  readonly table: T
  readonly id: string
  readonly command: C
  readonly input: Keyed
  readonly authorize?: (run: Run) => RefusedWith<'Forbidden'> | undefined
  /** Selects the row from the run after the command. */
  readonly pick: (run: Run) => Row | undefined
}

/** The result of a command about a dependent row of a run. */
export type WorkResult<C extends Command, T extends Table, Row> =
  | WorkSuccess<Row>
  | RefusedWith<Exclude<BesideDecision | RefusalTypeOf<C['type']>, 'NotFound'> | NotFound<T>>

/** Finds the run that a row belongs to, and applies the command to it. Answers with …NotFound, or as `changeRun`. */
export async function changeWork<C extends Command, T extends Table, Row>(
  commands: Commands,
  caller: Caller,
  { table, id, command, input, authorize, pick }: WorkRequest<C, T, Row>,
): Promise<WorkResult<C, T, Row>> {
  const notFound = () => NOT_FOUND[table](id) as RefusedWith<NotFound<T>>
  const runId = await findRunId(commands.store.pool, table, id)
  if (runId === null) return notFound()
  const request = { runId, command, ...requestOf(input) }
  const result = await changeRun(commands, caller, authorize ? { ...request, authorize } : request)
  if (result.ok) return withRow(result, pick(result.run.run))
  // the run was deleted in between, and the row with it
  return isNotFound(result) ? notFound() : (result as Exclude<WorkResult<C, T, Row>, WorkSuccess<Row>>)
}

function isNotFound(refused: RefusedWith): boolean {
  return refused.problem.type === 'NotFound'
}

/** Adds the row to an accepted answer. */
export function withRow<Row>(answer: RunSuccess, row: Row | undefined): WorkSuccess<Row> {
  if (!row) throw new Error(`run ${answer.run.run.id} lacks the row that the command was about`)
  return { ...answer, row }
}

/** Finds rows by their ids. */
type Find<Row> = (connection: Connection, ids: readonly string[]) => Promise<OwnedRow<Row>[]>

/**
 * Adds the row created by the command to an accepted answer, by the id in its event. A loaded run contains only
 * current rows: for a late replay, a row that has ended since is read separately.
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
