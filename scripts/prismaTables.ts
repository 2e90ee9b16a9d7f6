/**
 * A second generator for `prisma generate`: writes the columns of every table, by their SQL names, to `tables.ts` in
 * the folder that schema.prisma names. Prisma calls it by JSON-RPC, one message per line, and reads answers from its
 * stderr.
 */
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { createInterface } from 'node:readline'

/** The properties used here of Prisma's description of a field. */
interface Field {
  readonly name: string
  readonly dbName?: string | null
  readonly kind: 'scalar' | 'enum' | 'object' | 'unsupported'
  readonly type: string
  readonly isList: boolean
  readonly isRequired: boolean
  readonly hasDefaultValue: boolean
  readonly nativeType?: readonly [name: string, parameters: readonly string[]] | null
}

interface Datamodel {
  readonly models: readonly {
    readonly name: string
    readonly dbName: string | null
    readonly fields: readonly Field[]
  }[]
  readonly enums: readonly { readonly name: string; readonly dbName?: string | null }[]
}

const SCALARS: Readonly<Record<string, string>> = {
  String: 'text',
  Int: 'int4',
  Float: 'float8',
  Boolean: 'bool',
  Json: 'jsonb',
}

/** The PostgreSQL type name of a column. */
function typeOf(field: Field, { enums }: Datamodel): string {
  const scalar =
    field.kind === 'enum'
      ? enums.find(({ name }) => name === field.type)?.dbName
      : (field.nativeType?.[0].toLowerCase() ?? SCALARS[field.type])
  if (!scalar)
    throw new Error(`${field.name}: no SQL type is known for ${field.type} (scripts/prismaTables.ts)`)
  return field.isList ? `${scalar}[]` : scalar
}

function printTables(datamodel: Datamodel): string {
  const models = datamodel.models.map(({ name, dbName, fields }) => ({
    name,
    table: dbName ?? name,
    columns: fields
      .filter(({ kind }) => kind === 'scalar' || kind === 'enum')
      .map((field) => ({
        field: field.name,
        column: field.dbName ?? field.name,
        type: typeOf(field, datamodel),
        nullable: !field.isRequired,
        filled: field.hasDefaultValue,
      })),
  }))
  const constants = models.map(
    ({ table, columns }) =>
      `  ${table}: {\n${columns
        .map(
          ({ column, field, type, nullable, filled }) =>
            `    ${column}: { field: '${field}', type: '${type}', nullable: ${nullable}, filled: ${filled} },\n`,
        )
        .join('')}  },\n`,
  )
  const types = models.map(
    ({ name, table, columns }) =>
      `  ${table}: {\n${columns
        .map(({ column, field }) => `    ${column}: models.${name}Model['${field}']\n`)
        .join('')}  }\n`,
  )
  return `// Generated from schema.prisma by scripts/prismaTables.ts. Do not edit.
import type * as models from './models.ts'

/**
 * The columns of every table, by their names in SQL: the name of the field, the type, whether it may be null, and
 * whether PostgreSQL fills it where a statement leaves it out.
 */
export const TABLES = {
${constants.join('')}} as const

/** The rows of every table as the driver reads them, by the names of their columns. */
export interface Rows {
${types.join('')}}
`
}

interface Request {
  readonly id: number
  readonly method: string
  readonly params: {
    readonly generator: { readonly output: { readonly value: string } }
    readonly dmmf: { readonly datamodel: Datamodel }
  }
}

function answer({ method, params }: Request): object | null {
  if (method === 'getManifest')
    return { manifest: { prettyName: 'tables', defaultOutput: '../src/store/generated' } }
  const folder = params.generator.output.value
  mkdirSync(folder, { recursive: true })
  writeFileSync(join(folder, 'tables.ts'), printTables(params.dmmf.datamodel))
  return null
}

for await (const line of createInterface({ input: process.stdin })) {
  const request = JSON.parse(line) as Request
  const send = (message: object) =>
    process.stderr.write(`${JSON.stringify({ jsonrpc: '2.0', id: request.id, ...message })}\n`)
  try {
    send({ result: answer(request) })
  } catch (error) {
    send({ error: { code: -32_000, message: String(error), data: null } })
  }
}
