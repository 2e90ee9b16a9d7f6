import type { Instant } from '../../lifecycle/run/run.ts'
import { type Rows, TABLES } from '../generated/tables.ts'

export type TableName = keyof typeof TABLES
export type ColumnName<T extends TableName> = keyof (typeof TABLES)[T] & string

/** A column as defined in schema.prisma. */
interface Column {
  /** Name of the field in the lifecycle's objects. */
  readonly field: string
  readonly type: string
  readonly nullable: boolean
  /** PostgreSQL fills it in when a statement omits it. */
  readonly filled: boolean
}

interface NamedColumn extends Column {
  readonly name: string
}

/** Some columns of a table, in the table's order. */
export interface Columns<T extends TableName, C extends ColumnName<T>> {
  readonly table: T
  readonly names: readonly C[]
  /** Their definitions, looked up once: rows are converted by them. */
  readonly specs: readonly NamedColumn[]
}

type Spec<T extends TableName, C extends ColumnName<T>> = (typeof TABLES)[T][C] & Column

/** The value of a column in a lifecycle object: timestamps are numbers, JSON is unknown. */
type FieldValue<T extends TableName, C extends ColumnName<T>> = Spec<T, C>['type'] extends 'timestamptz'
  ? Instant | (Spec<T, C>['nullable'] extends true ? null : never)
  : Spec<T, C>['type'] extends 'jsonb'
    ? unknown
    : C extends keyof Rows[T]
      ? Rows[T][C] extends (infer Item)[]
        ? readonly Item[]
        : Rows[T][C]
      : never

/** An object with a field for each of the columns: omitting one is a type error, even if it is nullable. */
export type FieldsOf<T extends TableName, C extends ColumnName<T>> = {
  readonly [Name in C as Spec<T, Name>['field']]: FieldValue<T, Name>
}

/** All columns of a table except the omitted ones. */
export function columnsOf<T extends TableName, Omitted extends ColumnName<T> = never>(
  table: T,
  omitted: readonly Omitted[] = [],
): Columns<T, Exclude<ColumnName<T>, Omitted>> {
  const isOmitted = new Set<string>(omitted)
  const names = Object.keys(TABLES[table]).filter((name) => !isOmitted.has(name))
  return {
    table,
    names: names as Exclude<ColumnName<T>, Omitted>[],
    specs: describeColumns({ table, names }),
  }
}

/**
 * The definitions of the columns in schema.prisma.
 *
 * @throws if the table has no such column
 */
export function describeColumns({
  table,
  names,
}: {
  readonly table: TableName
  readonly names: readonly string[]
}): readonly NamedColumn[] {
  const specs: Readonly<Record<string, Column>> = TABLES[table]
  return names.map((name) => {
    const spec = specs[name]
    if (!spec) throw new Error(`${table} has no column ${name}`)
    return { name, ...spec }
  })
}

/**
 * SQL for all columns of a table under an alias, by name: a server of a newer version may add columns while this one runs, and PostgreSQL
 * refuses a prepared statement whose result has grown.
 */
export const selectAll = (table: TableName, alias: string): string => selectNames(columnsOf(table), alias)

const selectNames = ({ names }: { readonly names: readonly string[] }, alias: string): string =>
  names.map((name) => `${alias}."${name}"`).join(', ')

/** SQL that inserts whole rows under an alias, by the names of their columns: those that a newer version has added get their defaults. */
export const insertRows = (
  columns: { readonly table: TableName; readonly names: readonly string[] },
  alias: string,
): string =>
  `INSERT INTO ${columns.table} (${columns.names.map((name) => `"${name}"`).join(', ')}) SELECT ${selectNames(columns, alias)}`

/** SQL for a timestamp as JSON carries it: milliseconds since 1970. */
export const ms = (column: string): string => `round(extract(epoch from ${column}) * 1000)::bigint`

/**
 * SQL for an object with the columns of a table under an alias, as JSON in the lifecycle's shape.
 *
 * @param more further arguments of `jsonb_build_object`
 */
export function selectObject(
  columns: { readonly table: TableName; readonly names: readonly string[] },
  alias: string,
  ...more: readonly string[]
): string {
  const fields = describeColumns(columns).map(({ name, field, type }) => {
    const column = `${alias}."${name}"`
    return `'${field}', ${type === 'timestamptz' ? ms(column) : column}`
  })
  return `jsonb_build_object(${[...fields, ...more].join(', ')})`
}

/** The columns of a table that every INSERT must name. */
type RequiredColumn<T extends TableName> = {
  [C in ColumnName<T>]: Spec<T, C> extends { nullable: false; filled: false } ? C : never
}[ColumnName<T>]

/** SQL expressions by column: omitting one that is NOT NULL and has no default is a type error. */
export type InsertExpressions<T extends TableName> = { readonly [C in RequiredColumn<T>]: string } & {
  readonly [C in Exclude<ColumnName<T>, RequiredColumn<T>>]?: string
}

/** SQL that inserts one row per selected row: `INSERT INTO … SELECT …`, followed by a `FROM` clause if needed. */
export function insertInto<T extends TableName>(
  table: T,
  expressions: InsertExpressions<T>,
  alias?: string,
): string {
  const entries = Object.entries<string>(expressions)
  const names = entries.map(([name]) => `"${name}"`).join(', ')
  const values = entries.map(([, expression]) => expression).join(', ')
  return `INSERT INTO ${table}${alias ? ` AS ${alias}` : ''} (${names}) SELECT ${values}`
}

/** Converts an object to a row, with columns by name, as JSON carries it to PostgreSQL. */
export function toRow<T extends TableName, C extends ColumnName<T>>(
  columns: Columns<T, C>,
  fields: FieldsOf<T, C>,
): { readonly [Name in C]: unknown } {
  const values = fields as Readonly<Record<string, unknown>>
  const entries = columns.specs.map(({ name, field, type }) => {
    const value = values[field]
    return [name, type === 'timestamptz' ? toDate(value as Instant | null) : value]
  })
  return Object.fromEntries(entries) as { readonly [Name in C]: unknown }
}

/** Converts a row read by the driver to an object. */
export function fromRow<T extends TableName, C extends ColumnName<T>>(
  columns: Columns<T, C>,
  row: Pick<Rows[T], C & keyof Rows[T]>,
): FieldsOf<T, C> {
  const values = row as Readonly<Record<string, unknown>>
  const entries = columns.specs.map(({ name, field, type }) => {
    const value = values[name]
    return [field, type === 'timestamptz' ? toInstant(value as Date | null) : value]
  })
  return Object.fromEntries(entries) as FieldsOf<T, C>
}

/** Converts a timestamp read by the driver. */
function toInstant(date: Date | null): Instant | null {
  return date?.getTime() ?? null
}

/** Converts a timestamp to the form SQL accepts. */
export function toDate(instant: Instant | null): string | null {
  return instant === null ? null : new Date(instant).toISOString()
}
