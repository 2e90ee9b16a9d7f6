import type pg from 'pg'
import { type Rows, TABLES } from '../generated/tables.ts'
import type { ColumnName, TableName } from './columns.ts'

/** A column of a statement's result: its PostgreSQL type, and the type that the driver returns. */
export interface AnswerColumn<Value> {
  readonly type: string
  readonly nullable: boolean
  /** True if the statement ensures that a nullable column is not null. */
  readonly asserted?: boolean
  /** Never set: it carries the type. */
  readonly value?: Value
}

/** The columns of a row, by name. */
export type RowShape = { readonly [name: string]: AnswerColumn<unknown> }

/** The row that a shape describes, as the driver reads it. */
export type RowOf<Shape extends RowShape> = {
  [Name in keyof Shape]: Shape[Name] extends AnswerColumn<infer Value> ? Value : never
}

/** A statement that PostgreSQL plans once per connection, under its name. */
export interface Statement<Row extends object> {
  readonly name: string
  readonly text: string
  /** The result columns; a test compares them with those that PostgreSQL reports. */
  readonly row: { readonly [Name in keyof Row]: AnswerColumn<Row[Name]> }
}

/** Every prepared statement, by name. */
const prepared = new Map<string, { readonly text: string; readonly row: RowShape }>()

/** Every statement of the modules imported so far. */
export function listStatements(): ReadonlyMap<string, { readonly text: string; readonly row: RowShape }> {
  return prepared
}

/**
 * Prepares a statement. Its name must be unique, because a connection identifies its plans by it.
 *
 * @throws if another statement has the name
 */
export function prepare<Shape extends RowShape>(statement: {
  readonly name: string
  readonly row: Shape
  readonly text: string
}): Statement<RowOf<Shape>> {
  const { name, text, row } = statement
  if (prepared.has(name)) throw new Error(`two statements are named ${name}`)
  prepared.set(name, { text, row })
  return { name, text, row: row as Statement<RowOf<Shape>>['row'] }
}

/** Anything that SQL can be sent to: the pool, or one of its connections within a transaction. */
export type Connection = Pick<pg.Pool, 'query'>

/** Sends a prepared statement and returns its rows. */
export async function query<Row extends object>(
  connection: Connection,
  { name, text }: Statement<Row>,
  values: unknown[],
): Promise<Row[]> {
  const result = await connection.query<Row>({ name, text, values })
  return result.rows
}

/**
 * Sends a statement that was composed for one request, because its conditions depend on a filter; it is planned each time.
 * Returns its rows.
 *
 * @param row the result columns, as those of `prepare`; sent along with the statement, where a test reads them
 */
export async function queryComposed<Shape extends RowShape>(
  connection: Connection,
  { text, values }: { readonly text: string; readonly values: unknown[] },
  row: Shape,
): Promise<RowOf<Shape>[]> {
  const composed = { text, values, row }
  const result = await connection.query<RowOf<Shape>>(composed)
  return result.rows
}

/** A column of a table, as defined in schema.prisma. */
export function column<T extends TableName, C extends ColumnName<T> & keyof Rows[T]>(
  table: T,
  name: C,
): AnswerColumn<Rows[T][C]> {
  const spec = (TABLES[table] as Record<string, { type: string; nullable: boolean }>)[name]
  if (!spec) throw new Error(`${table} has no column ${name}`)
  return { type: spec.type, nullable: spec.nullable }
}

/** All columns of a table. */
export function allColumns<T extends TableName>(
  table: T,
): { readonly [C in keyof Rows[T]]: AnswerColumn<Rows[T][C]> } {
  return TABLES[table] as unknown as { readonly [C in keyof Rows[T]]: AnswerColumn<Rows[T][C]> }
}

/**
 * A column that may be null although it is not in its table: the row comes from an outer join or an empty aggregate.
 */
export function nullable<Value>({ type }: AnswerColumn<Value>): AnswerColumn<Value | null> {
  return { type, nullable: true }
}

/** A nullable column that the statement returns only where it is not null. */
export function present<Value>({ type }: AnswerColumn<Value>): AnswerColumn<NonNullable<Value>> {
  return { type, nullable: false, asserted: true }
}

/** A JSON column of a known shape. */
export function json<Value>(): AnswerColumn<Value> {
  return { type: 'jsonb', nullable: false }
}

const of = <Value>(type: string): AnswerColumn<Value> => ({ type, nullable: false })

export const text = of<string>('text')
export const int = of<number>('int4')
export const bigint = of<string>('int8')
export const float = of<number>('float8')
export const bool = of<boolean>('bool')
export const moment = of<Date>('timestamptz')
