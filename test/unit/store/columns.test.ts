import { expect, expectTypeOf, test } from 'vitest'
import {
  columnsOf,
  type FieldsOf,
  fromRow,
  insertInto,
  selectObject,
  toRow,
} from '../../../src/store/sql/columns.ts'
import { column, json, nullable, prepare, query, type RowOf } from '../../../src/store/sql/statement.ts'
import type { WorkRow } from '../../../src/store/rows/workTables.ts'

const columns = columnsOf('message', ['run_id'])
const message = {
  id: 'msg_1',
  text: 'hello',
  mode: 'STEER',
  status: 'PENDING',
  sentBy: 'ann',
  sentById: null,
  sentAt: 0,
} as const

test('a row that is written has every column of its table, or does not compile', () => {
  expect(toRow(columns, message)).toEqual({
    id: 'msg_1',
    text: 'hello',
    mode: 'STEER',
    status: 'PENDING',
    sent_by: 'ann',
    sent_by_id: null,
    sent_at: '1970-01-01T00:00:00.000Z',
  })
  const { sentBy: _sentBy, ...withoutSender } = message
  // @ts-expect-error a NOT NULL column is left out
  toRow(columns, withoutSender)
  const { sentById: _sentById, ...withoutPrincipal } = message
  // @ts-expect-error a column that may be null is left out
  toRow(columns, withoutPrincipal)
  // @ts-expect-error a status that messages don't have
  toRow(columns, { ...message, status: 'RUNNING' })
  expectTypeOf<{ id: string }>().not.toExtend<WorkRow<'message'>>()
})

test('an INSERT names every column that is NOT NULL and has no default, or does not compile', () => {
  expect(insertInto('workspace_run', { run_id: '$1', workspace_id: '$2' })).toBe(
    'INSERT INTO workspace_run ("run_id", "workspace_id") SELECT $1, $2',
  )
  // @ts-expect-error workspace_id is NOT NULL
  insertInto('workspace_run', { run_id: '$1' })
  // @ts-expect-error there is no such column
  insertInto('workspace_run', { run_id: '$1', workspace_id: '$2', note: '$3' })
  // created_at has a default
  insertInto('principal', { id: '$1', name: '$2' })
})

test('a column that is omitted is neither written nor selected, and one that is not there can not be omitted', () => {
  expect(selectObject(columnsOf('workspace_run', ['run_id']), 'l')).toBe(
    `jsonb_build_object('workspaceId', l."workspace_id")`,
  )
  // @ts-expect-error there is no such column
  columnsOf('workspace_run', ['note'])
})

test('a row that was read becomes fields: points in time are numbers', () => {
  const row = { id: 'prn_1', name: 'ann', created_at: new Date(5) }
  const fields = fromRow(columnsOf('principal'), row)
  expect(fields).toEqual({ id: 'prn_1', name: 'ann', createdAt: 5 })
  expectTypeOf(fields).toEqualTypeOf<FieldsOf<'principal', 'id' | 'name' | 'created_at'>>()
  expectTypeOf(fields.createdAt).toEqualTypeOf<number>()
})

test('a statement answers with the types that schema.prisma gives its columns', () => {
  const statement = prepare({
    name: 'planted-in-a-test',
    row: {
      id: column('run', 'id'),
      title: column('run', 'title'),
      seq: nullable(column('event', 'seq')),
      sent: json<readonly string[]>(),
    },
    text: 'SELECT 1',
  })
  type Row = RowOf<(typeof statement)['row']>
  expectTypeOf<Row['id']>().toEqualTypeOf<string>()
  expectTypeOf<Row['title']>().toEqualTypeOf<string | null>()
  expectTypeOf<Row['seq']>().toEqualTypeOf<number | null>()
  expectTypeOf<Row['sent']>().toEqualTypeOf<readonly string[]>()
  expectTypeOf(query<Row>).returns.resolves.toEqualTypeOf<Row[]>()
  // @ts-expect-error there is no such column
  expect(() => column('run', 'note')).toThrow('run has no column note')
  expect(() => prepare({ ...statement, row: {} })).toThrow('two statements are named planted-in-a-test')
})
