/**
 * The tables below a run, as the statements that write them see them: columns with their types, what a row is known by,
 * and what of it may change. `run_id` comes from the run the statement is about.
 */
interface WorkTable {
  readonly columns: Readonly<Record<string, string>>
  /** Columns a row is known by; none for rows that are only ever added. */
  readonly known?: readonly string[]
  /** Columns that may change afterwards. */
  readonly changes?: readonly string[]
}

export const WORK_TABLES = {
  event: {
    columns: {
      seq: 'int',
      epoch: 'int',
      type: 'text',
      actor: 'text',
      actor_id: 'text',
      at: 'timestamptz',
      payload: 'jsonb',
      key_scope: 'text',
      operation: 'text',
      key: 'text',
      request: 'jsonb',
    },
  },
  phase: {
    columns: {
      id: 'text',
      round: 'int',
      key: 'text',
      position: 'int',
      status: 'phase_status',
      attempts: 'int',
      started_at: 'timestamptz',
      ended_at: 'timestamptz',
      error: 'jsonb',
      rejections: 'int',
    },
    known: ['id'],
    changes: ['status', 'attempts', 'started_at', 'ended_at', 'error', 'rejections'],
  },
  phase_attempt: {
    columns: { phase_id: 'text', attempt: 'int', epoch: 'int', status: 'phase_status' },
    known: ['phase_id', 'attempt'],
    changes: ['status'],
  },
  execution: {
    columns: {
      id: 'text',
      project: 'text',
      phase_id: 'text',
      epoch: 'int',
      attempt: 'int',
      fence: 'int',
      command: 'text',
      pid: 'int',
      exit_code: 'int',
      signal: 'text',
      end: 'execution_end',
      late: 'boolean',
      started_by: 'text',
      started_by_id: 'text',
      started_at: 'timestamptz',
      ended_at: 'timestamptz',
      finish_key: 'text',
      finish_request: 'jsonb',
    },
    known: ['id'],
    changes: ['exit_code', 'signal', 'end', 'late', 'ended_at', 'finish_key', 'finish_request'],
  },
  session: {
    columns: {
      id: 'text',
      role: 'text',
      adapter: 'text',
      status: 'session_status',
      fence: 'int',
      recovery_attempts: 'int',
      handle: 'jsonb',
      last_prompt_key: 'text',
      last_prompt_stage: 'prompt_stage',
      last_prompt_at: 'timestamptz',
      sent: 'jsonb',
      created_at: 'timestamptz',
    },
    known: ['id'],
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
  },
  artifact: {
    columns: {
      id: 'text',
      phase_id: 'text',
      round: 'int',
      attempt: 'int',
      path: 'text',
      sha256: 'text',
      size: 'int',
      valid: 'boolean',
      problems: 'jsonb',
      content: 'text',
      created_at: 'timestamptz',
    },
  },
  approval: {
    columns: {
      id: 'text',
      project: 'text',
      phase_id: 'text',
      attempt: 'int',
      gate: 'text',
      kind: 'approval_kind',
      status: 'approval_status',
      question: 'text',
      payload: 'jsonb',
      digest: 'text',
      artifact_sha256: 'text',
      requested_by: 'text',
      requested_by_id: 'text',
      requested_at: 'timestamptz',
      expires_at: 'timestamptz',
      on_expiry: 'expiry_policy',
      approvers: 'text[]',
      allow_self_approval: 'boolean',
      decided_at: 'timestamptz',
      decided_by: 'text',
      decided_by_id: 'text',
      comment: 'text',
    },
    known: ['id'],
    changes: ['status', 'decided_at', 'decided_by', 'decided_by_id', 'comment'],
  },
  message: {
    columns: {
      id: 'text',
      text: 'text',
      mode: 'message_mode',
      status: 'message_status',
      sent_by: 'text',
      sent_by_id: 'text',
      sent_at: 'timestamptz',
    },
    known: ['id'],
    changes: ['status'],
  },
} as const satisfies Record<string, WorkTable>

export type TableName = keyof typeof WORK_TABLES

/** A row of a table below, its columns by name. */
export type WorkRow<T extends TableName> = Partial<Record<keyof (typeof WORK_TABLES)[T]['columns'], unknown>>

/** Rows to write below a run, by table. */
export type WorkRows = { readonly [T in TableName]: readonly WorkRow<T>[] }

/**
 * SQL that writes the rows of a parameter, one JSON object with a list for each table, below the run named by the CTE
 * `guard`: none where the guard holds nothing.
 */
export function insertWorkRows(parameter: string): string {
  return Object.entries<WorkTable>(WORK_TABLES)
    .map(([table, spec]) => `${table}_written AS (${insertTable(table, spec, parameter, 'guard')})`)
    .join(',\n')
}

/** SQL that adds the events of such a parameter to the log of the run named by another CTE. */
export function insertEvents(parameter: string, guard: string): string {
  return `${guard}_event_written AS (${insertTable('event', WORK_TABLES.event, parameter, guard)})`
}

function insertTable(
  table: string,
  { columns, known, changes }: WorkTable,
  parameter: string,
  guard: string,
): string {
  const names = Object.keys(columns).map((column) => `"${column}"`)
  const types = Object.entries(columns).map(([column, type]) => `"${column}" ${type}`)
  const set = changes?.map((column) => `"${column}" = EXCLUDED."${column}"`) ?? []
  return `
  INSERT INTO ${table} (run_id, ${names.join(', ')})
  SELECT ${guard}.id, ${names.map((name) => `n.${name}`).join(', ')}
  FROM ${guard}, jsonb_to_recordset(${parameter}::jsonb -> '${table}') AS n(${types.join(', ')})
  ${table === 'event' ? 'ORDER BY n.seq' : ''}
  ${known ? `ON CONFLICT (${known.join(', ')}) DO UPDATE SET ${set.join(', ')}` : ''}`
}
