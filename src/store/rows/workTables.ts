import { type ColumnName, type Columns, columnsOf, describeColumns, type TableName } from '../sql/columns.ts'

/** A table whose rows belong to a run, as the statements that write them see it. */
interface WorkTable<T extends TableName, C extends ColumnName<T>> {
  /** The columns written; `run_id` comes from the run that the statement changes. */
  readonly columns: Columns<T, C>
  /** The columns that identify a row; omitted for rows that are only ever inserted. */
  readonly key?: readonly NoInfer<C>[]
  /** The columns that may change after the insert. */
  readonly changes?: readonly NoInfer<C>[]
}

/** Checks at compile time that the named columns exist in the table. */
function define<T extends TableName, C extends ColumnName<T>>(table: WorkTable<T, C>): WorkTable<T, C> {
  return table
}

/** The tables that hold a run's log and its work. */
export const WORK_TABLES = {
  // `payload_sha256` is written where content is removed
  event: define({ columns: columnsOf('event', ['run_id', 'payload_sha256']) }),
  phase: define({
    columns: columnsOf('phase', ['run_id']),
    key: ['id'],
    changes: ['status', 'attempts', 'started_at', 'ended_at', 'error', 'rejections'],
  }),
  phase_attempt: define({
    columns: columnsOf('phase_attempt', ['run_id']),
    key: ['phase_id', 'attempt'],
    changes: ['status'],
  }),
  execution: define({
    // the omitted columns are written by the statements for executions without a run
    columns: columnsOf('execution', ['run_id', 'touched_at', 'start_key', 'start_request']),
    key: ['id'],
    changes: ['exit_code', 'signal', 'end', 'late', 'ended_at', 'finish_key', 'finish_request'],
  }),
  session: define({
    // `next_entry` is advanced by the statement that appends entries of the transcript
    columns: columnsOf('session', ['run_id', 'next_entry']),
    key: ['id'],
    changes: [
      'adapter',
      'status',
      'fence',
      'recovery_attempts',
      'handle',
      'last_prompt_key',
      'last_prompt_stage',
      'last_prompt_at',
      'sent',
    ],
  }),
  artifact: define({ columns: columnsOf('artifact', ['run_id']) }),
  approval: define({
    columns: columnsOf('approval', ['run_id']),
    key: ['id'],
    changes: ['status', 'decided_at', 'decided_by', 'decided_by_id', 'comment', 'answer'],
  }),
  message: define({ columns: columnsOf('message', ['run_id']), key: ['id'], changes: ['status', 'mode'] }),
}

type WorkTables = typeof WORK_TABLES

/** A row of a table, with columns by name. */
export type WorkRow<T extends keyof WorkTables> = {
  readonly [C in WorkTables[T]['columns']['names'][number]]: unknown
}

/** Rows to write for a run, by table. */
export type WorkRows = { readonly [T in keyof WorkTables]: readonly WorkRow<T>[] }

/**
 * The rows of several decisions as JSON: a list for each table, in which each row carries the position of its decision. A row must never be
 * written by another decision's permission.
 */
export function toWorkJson(decisions: readonly WorkRows[]): string {
  const tables = Object.keys(WORK_TABLES) as (keyof WorkTables)[]
  const lists = tables.map((table) => [
    table,
    decisions.flatMap((rows, ord) => rows[table].map((row) => ({ ...row, ord }))),
  ])
  return JSON.stringify(Object.fromEntries(lists))
}

/**
 * SQL that writes the rows of a parameter, as made by `toWorkJson`, for the runs selected by the CTE `guard`, which has the columns `id`
 * and `ord`. Rows of decisions that `guard` does not let through are not written.
 */
export function insertWorkRows(parameter: string): string {
  return Object.values<AnyTable>(WORK_TABLES)
    .map((table) => `${table.columns.table}_written AS (${insertRows(table, parameter, 'guard')})`)
    .join(',\n')
}

/** SQL that appends the events of such a parameter to the logs of the runs selected by another CTE. */
export function insertEvents(parameter: string, guard: string): string {
  return `${guard}_event_written AS (${insertRows(WORK_TABLES.event, parameter, guard)})`
}

interface AnyTable {
  readonly columns: { readonly table: TableName; readonly names: readonly string[] }
  readonly key?: readonly string[]
  readonly changes?: readonly string[]
}

function insertRows({ columns, key, changes }: AnyTable, parameter: string, guard: string): string {
  const { table } = columns
  const names = columns.names.map((column) => `"${column}"`)
  const types = describeColumns(columns).map(({ name, type }) => `"${name}" ${type}`)
  const set = changes?.map((column) => `"${column}" = EXCLUDED."${column}"`) ?? []
  return `
  INSERT INTO ${table} (run_id, ${names.join(', ')})
  SELECT ${guard}.id, ${names.map((name) => `n.${name}`).join(', ')}
  FROM ${guard} JOIN jsonb_to_recordset(${parameter}::jsonb -> '${table}') AS n("ord" int, ${types.join(', ')}) USING (ord)
  ${table === 'event' ? 'ORDER BY ord, n.seq' : ''}
  ${key ? `ON CONFLICT (${key.join(', ')}) DO UPDATE SET ${set.join(', ')}` : ''}`
}
