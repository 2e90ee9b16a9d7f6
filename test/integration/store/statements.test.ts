import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import pg from 'pg'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { columnsOf, describeColumns, type TableName } from '../../../src/store/sql/columns.ts'
import { TABLES } from '../../../src/store/generated/tables.ts'
import { type Connection, listStatements, type RowShape } from '../../../src/store/sql/statement.ts'
import { countRuns, countRunsByStatus } from '../../../src/store/run/countRuns.ts'
import { listProjects } from '../../../src/store/run/listProjects.ts'
import { listRuns, RUN_ORDER_FIELDS } from '../../../src/store/run/listRuns.ts'
import type { RunFilter } from '../../../src/store/run/runFilter.ts'
import { openStore } from '../../../src/store/sql/openStore.ts'
import type { PageRequest } from '../../../src/store/sql/page.ts'
import { listExecutions } from '../../../src/store/activity/execution/listExecutions.ts'
import { listApprovals } from '../../../src/store/activity/listApprovals.ts'
import { listTokens } from '../../../src/store/account/listTokens.ts'
import { listWorkers } from '../../../src/store/account/listWorkers.ts'
import { searchTranscripts } from '../../../src/store/activity/transcript/searchTranscripts.ts'
import { listWorkspaceOperations, listWorkspaces } from '../../../src/store/workspace/listWorkspaces.ts'
import { createTestDatabase, type TestDatabase } from '../../support/database.ts'

const store = fileURLToPath(new URL('../../../src/store', import.meta.url))

/** A column of an answer, as PostgreSQL tells it before the statement is executed. */
interface Answered {
  readonly name: string
  readonly dataTypeID: number
  readonly tableID: number
  readonly columnID: number
}

/** A query of the driver that parses a statement and asks what it answers with, and no more. */
class Describe implements pg.Submittable {
  private fields: readonly Answered[] = []
  private error: Error | undefined
  private settle: (outcome: Error | undefined) => void = () => undefined
  readonly answered: Promise<readonly Answered[]>

  constructor(
    private readonly name: string,
    private readonly text: string,
  ) {
    this.answered = new Promise((resolve, reject) => {
      this.settle = (error) => (error ? reject(error) : resolve(this.fields))
    })
  }

  submit(connection: pg.Connection): void {
    connection.parse({ name: this.name, text: this.text, types: [] }, true)
    connection.describe({ type: 'S', name: this.name }, true)
    connection.sync()
  }

  handleRowDescription({ fields }: { readonly fields: readonly Answered[] }): void {
    this.fields = fields
  }

  handleError(error: Error): void {
    this.error = new Error(`${this.name}: ${error.message}`)
  }

  handleReadyForQuery(): void {
    this.settle(this.error)
  }
}

let database: TestDatabase
let client: pg.Client
/** Names of types, and of the columns that may be null, by their numbers. */
let types: Map<number, string>
let nullable: Set<string>

beforeAll(async () => {
  for (const file of readdirSync(store, { recursive: true, encoding: 'utf8' }))
    if (file.endsWith('.ts') && !file.startsWith('generated')) await import(join(store, file))
  database = await createTestDatabase()
  client = new pg.Client(database.poolConfig)
  await client.connect()
  const { rows } = await client.query<{ oid: number; name: string }>(
    `SELECT t.oid, CASE WHEN e.oid IS NULL THEN t.typname ELSE e.typname || '[]' END AS name
     FROM pg_type t LEFT JOIN pg_type e ON e.oid = t.typelem AND t.typcategory = 'A'`,
  )
  types = new Map(rows.map(({ oid, name }) => [oid, name]))
  const columns = await client.query<{ column: string }>(
    `SELECT attrelid || '.' || attnum AS column FROM pg_attribute WHERE NOT attnotnull`,
  )
  nullable = new Set(columns.rows.map(({ column }) => column))
})

afterAll(async () => {
  await client.end()
  await database.drop()
})

/** What a row type says that PostgreSQL does not; empty where they agree. */
function compare(row: RowShape, answered: readonly Answered[]): string[] {
  const found = new Map(answered.map((field) => [field.name, field]))
  const extra = answered
    .filter(({ name }) => !(name in row))
    .map(({ name }) => `${name} is not in the row type`)
  const wrong = Object.entries(row).flatMap(([name, column]) => {
    const field = found.get(name)
    if (!field) return [`${name} is not answered`]
    const type = types.get(field.dataTypeID)?.replace(/^json$/, 'jsonb')
    if (type !== column.type) return [`${name} is ${type}, and ${column.type} in the row type`]
    const mayBeNull = nullable.has(`${field.tableID}.${field.columnID}`)
    // JSON of a client may be null whatever the column says
    const isGuarded = column.nullable || column.asserted || column.type === 'jsonb'
    return mayBeNull && !isGuarded ? [`${name} may be null, and not in the row type`] : []
  })
  return [...extra, ...wrong]
}

test('every statement of the store is accepted by the migrated schema and answers with its row type', async () => {
  const statements = [...listStatements()]
  expect(statements.length).toBeGreaterThan(90)
  const disagreements: string[] = []
  for (const [name, { text, row }] of statements) {
    const describe = client.query(new Describe(name, text))
    for (const problem of compare(row, await describe.answered)) disagreements.push(`${name}: ${problem}`)
  }
  expect(disagreements).toEqual([])
})

test('no statement answers with columns that a newer version adds while it is prepared', async () => {
  const prepared = await client.query<{ name: string; parameters: number }>(
    'SELECT name, cardinality(parameter_types) AS parameters FROM pg_prepared_statements',
  )
  expect(prepared.rows.length).toBeGreaterThan(90)
  const grown: string[] = []
  await client.query('BEGIN')
  for (const table of Object.keys(TABLES))
    await client.query(`ALTER TABLE "${table}" ADD COLUMN added_later INTEGER NOT NULL DEFAULT 0`)
  for (const { name, parameters } of prepared.rows) {
    const given = parameters === 0 ? '' : `(${Array(parameters).fill('NULL').join(', ')})`
    await client.query('SAVEPOINT before')
    await client.query(`EXPLAIN EXECUTE "${name}"${given}`).catch(async (error: Error) => {
      grown.push(`${name}: ${error.message}`)
      await client.query('ROLLBACK TO before')
    })
  }
  await client.query('ROLLBACK')
  expect(grown).toEqual([])
})

/** Every function that composes a statement, called with every part of its filter. */
async function sendComposed(connection: Connection): Promise<void> {
  const store = openStore({ ...database.poolConfig, max: 1 })
  const at = { at: Date.now(), id: 'run_1' }
  const pages: PageRequest[] = [
    { limit: 10, fromEnd: false, after: at, before: null },
    { limit: 10, fromEnd: true, after: null, before: at },
  ]
  const sight = { projects: ['p'], runId: 'run_1' }
  const filter: RunFilter = {
    workflow: 'any',
    labels: ['a'],
    project: 'p',
    text: 'x',
    created: { after: new Date(0), before: new Date() },
    settled: { after: new Date(0), before: new Date() },
    reasons: ['COMPLETED'],
    owner: 'o',
    parentRunId: 'run_2',
    concurrencyKey: 'k',
  }
  for (const page of pages) {
    for (const field of RUN_ORDER_FIELDS)
      for (const newestFirst of [true, false])
        await listRuns(connection, store, { filter, sight, order: { field, newestFirst }, page })
    await listApprovals(connection, { statuses: ['PENDING'] }, sight, page)
    await listExecutions(
      connection,
      { runId: 'run_1', inFlight: true },
      { ...sight, startedById: 'prn_1' },
      page,
    )
    await listWorkspaces(connection, { host: 'h', project: 'p', statuses: ['READY'] }, sight, page)
    const operations = { host: 'h', workspaceId: 'wsp_1', kinds: ['DIFF'], statuses: ['REQUESTED'] } as const
    await listWorkspaceOperations(connection, operations, sight, page)
    const search = { text: 'x', runId: 'run_1', sessionId: 'ses_1', kinds: null }
    await searchTranscripts(connection, search, sight, page)
    await listTokens(connection, sight.projects, page)
    await listWorkers(connection, sight.projects, page)
    const named = { ...page, after: page.after?.id ?? null, before: page.before?.id ?? null }
    for (const projects of [sight.projects, null]) await listProjects(connection, projects, named)
  }
  await countRuns(connection, filter, sight)
  await countRunsByStatus(connection, filter, sight)
  await store.close()
}

test('every composed statement is accepted by the migrated schema and answers with its row type', async () => {
  const sent: { readonly text: string; readonly row: RowShape }[] = []
  const connection = {
    query: (statement: pg.QueryConfig & { readonly row?: RowShape }, ...rest: []) => {
      const { text, row } = statement
      if (row) sent.push({ text, row })
      return client.query(statement, ...rest)
    },
  } as unknown as Connection
  await sendComposed(connection)
  expect(sent.length).toBeGreaterThan(15)
  const disagreements: string[] = []
  for (const [index, { text, row }] of sent.entries()) {
    const describe = client.query(new Describe(`composed-${index}`, text))
    for (const problem of compare(row, await describe.answered)) disagreements.push(`${text}: ${problem}`)
  }
  expect(disagreements).toEqual([])
})

test('rows are read by prepared and composed statements only, and the functions that compose them are known here', () => {
  const sources = readdirSync(store, { recursive: true, encoding: 'utf8' })
    .filter((file) => file.endsWith('.ts') && !/^(?:generated|sql)\//.test(file))
    .map((file) => [file, readFileSync(join(store, file), 'utf8')] as const)
  const filesWith = (pattern: RegExp) =>
    sources.filter(([, text]) => pattern.test(text)).map(([file]) => file)
  expect(filesWith(/\.query[<(]/)).toEqual([])
  expect(filesWith(/(?:queryComposed|readPage)\(/).toSorted()).toEqual([
    'account/listTokens.ts',
    'account/listWorkers.ts',
    'activity/execution/listExecutions.ts',
    'activity/listApprovals.ts',
    'activity/transcript/searchTranscripts.ts',
    'run/countRuns.ts',
    'run/listProjects.ts',
    'run/listRuns.ts',
    'workspace/listWorkspaces.ts',
  ])
})

test('a row type that says something else than the statement is found', async () => {
  const row = {
    id: { type: 'int4', nullable: false },
    title: { type: 'text', nullable: false },
    absent: { type: 'text', nullable: true },
  }
  const describe = client.query(new Describe('planted', 'SELECT id, title, project FROM run'))
  expect(compare(row, await describe.answered)).toEqual([
    'project is not in the row type',
    'id is text, and int4 in the row type',
    'title may be null, and not in the row type',
    'absent is not answered',
  ])
})

test('the generated columns are those of the migrated tables', async () => {
  const { rows } = await client.query<{ table: TableName; column: string; type: string; nullable: boolean }>(
    `SELECT c.relname AS table, a.attname AS column, NOT a.attnotnull AS nullable,
       CASE WHEN e.oid IS NULL THEN t.typname ELSE e.typname || '[]' END AS type
     FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid JOIN pg_type t ON t.oid = a.atttypid
     LEFT JOIN pg_type e ON e.oid = t.typelem AND t.typcategory = 'A'
     WHERE c.relnamespace = 'public'::regnamespace AND c.relkind = 'r' AND a.attnum > 0 AND NOT a.attisdropped
       AND c.relname <> '_prisma_migrations' AND t.typname <> 'xid8'`,
  )
  const generated = (Object.keys(TABLES) as TableName[]).flatMap((table) =>
    describeColumns(columnsOf(table)).map(({ name: column, type, nullable: mayBeNull }) =>
      [table, column, type, mayBeNull].join(' '),
    ),
  )
  const migrated = rows.map((row) => [row.table, row.column, row.type, row.nullable].join(' '))
  expect(generated.toSorted()).toEqual(migrated.toSorted())
})
