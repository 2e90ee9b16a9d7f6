import { table } from './markdown.ts'

/** The part of JSON Schema that zod prints. */
export interface JsonSchema {
  readonly type?: string | readonly string[]
  readonly description?: string
  readonly default?: unknown
  readonly const?: unknown
  readonly enum?: readonly unknown[]
  readonly pattern?: string
  readonly minimum?: number
  readonly maximum?: number
  readonly maxLength?: number
  readonly properties?: Readonly<Record<string, JsonSchema>>
  readonly required?: readonly string[]
  readonly items?: JsonSchema
  readonly anyOf?: readonly JsonSchema[]
  readonly oneOf?: readonly JsonSchema[]
  readonly additionalProperties?: boolean | JsonSchema
}

/** The properties of an object, those of objects within it by their whole paths: `phases[].artifact.path`. */
export function describeProperties(schema: JsonSchema): string {
  return table(['property', 'type', 'default', 'meaning'], listRows(schema, '', new Set()))
}

function listRows(schema: JsonSchema, path: string, seen: ReadonlySet<JsonSchema>): string[][] {
  if (seen.has(schema)) return []
  const within = new Set([...seen, schema])
  return Object.entries(schema.properties ?? {}).flatMap(([name, property]) => {
    const at = `${path}${name}`
    const isRequired = schema.required?.includes(name) === true && property.default === undefined
    const usual = property.default === undefined ? (isRequired ? 'required' : '') : show(property.default)
    const row = [`\`${at}\``, typeOf(property), usual, property.description ?? '']
    return [row, ...variantsOf(property).flatMap((variant) => rowsWithin(variant, at, within))]
  })
}

function rowsWithin(schema: JsonSchema, at: string, seen: ReadonlySet<JsonSchema>): string[][] {
  if (schema.items) return variantsOf(schema.items).flatMap((item) => rowsWithin(item, `${at}[]`, seen))
  const { additionalProperties: values } = schema
  if (typeof values === 'object') return rowsWithin(values, `${at}.NAME`, seen)
  return listRows(schema, `${at}.`, seen)
}

const variantsOf = (schema: JsonSchema): readonly JsonSchema[] => schema.anyOf ?? schema.oneOf ?? [schema]

function typeOf(schema: JsonSchema): string {
  const variants = schema.anyOf ?? schema.oneOf
  if (variants) return [...new Set(variants.map(typeOf))].join(' or ')
  if (schema.const !== undefined) return show(schema.const)
  if (schema.enum) return schema.enum.map(show).join(', ')
  if (schema.items) return `list of ${typeOf(schema.items)}`
  const types = schema.type === undefined ? ['any value'] : [schema.type].flat()
  return `${types.join(' or ')}${limitsOf(schema)}`
}

/** Bounds that a person needs; those that only keep a number exact are left out. */
function limitsOf({ minimum, maximum, maxLength }: JsonSchema): string {
  if (maxLength !== undefined) return ` of at most ${maxLength} characters`
  if (minimum !== undefined && maximum !== undefined && maximum < Number.MAX_SAFE_INTEGER)
    return `, ${minimum} to ${maximum}`
  return ''
}

const show = (value: unknown) => `\`${JSON.stringify(value)}\``
