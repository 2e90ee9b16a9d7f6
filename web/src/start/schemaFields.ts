import type { JsonValue } from '@pawl/sdk'

/** A field of a form, for one property of an input's schema. */
export interface SchemaField {
  readonly name: string
  readonly label: string
  /** What is said below it; empty where the schema says nothing. */
  readonly hint: string
  readonly kind: 'text' | 'number' | 'boolean' | 'choice'
  /** Of a choice. */
  readonly choices: readonly string[]
  readonly isRequired: boolean
}

type Schema = { readonly [name: string]: JsonValue | undefined }

const KINDS: Readonly<Record<string, SchemaField['kind']>> = {
  string: 'text',
  number: 'number',
  integer: 'number',
  boolean: 'boolean',
}

/**
 * The fields of a workflow's `inputSchema`: its texts, numbers, yes or no, and choices. What else a schema admits is typed as JSON, and
 * validated by the server as everything is. Null: the workflow has no such schema.
 */
export function readSchemaFields(definition: JsonValue | undefined): readonly SchemaField[] | null {
  const schema = isObject(definition) ? definition['inputSchema'] : undefined
  if (!isObject(schema)) return null
  const { properties, required } = schema
  if (!isObject(properties)) return []
  const names = Array.isArray(required) ? required : []
  return Object.entries(properties).flatMap(([name, property]) => {
    const field = isObject(property) ? toField(name, property) : null
    return field ? [{ ...field, isRequired: names.includes(name) }] : []
  })
}

function toField(name: string, { type, title, description, enum: values }: Schema) {
  const common = {
    name,
    label: typeof title === 'string' ? title : name,
    hint: typeof description === 'string' ? description : '',
  }
  if (Array.isArray(values))
    return values.every((value) => typeof value === 'string')
      ? { ...common, kind: 'choice' as const, choices: values }
      : null
  const kind = typeof type === 'string' ? KINDS[type] : undefined
  return kind ? { ...common, kind, choices: [] } : null
}

/** The value that was typed into a field; undefined where it was left empty. */
export function readField({ kind }: Pick<SchemaField, 'kind'>, text: string): JsonValue | undefined {
  if (text.trim() === '') return undefined
  if (kind === 'boolean') return text === 'true'
  // what is no number is shown to the server, which says so
  return kind === 'number' && Number.isFinite(Number(text)) ? Number(text) : text
}

/** A value as its field shows it; undefined where the field can't hold it, so that it stays what it is. */
export function fieldText(
  { kind }: Pick<SchemaField, 'kind'>,
  value: JsonValue | undefined,
): string | undefined {
  if (kind === 'number') return typeof value === 'number' ? String(value) : undefined
  if (kind === 'boolean') return typeof value === 'boolean' ? String(value) : undefined
  return typeof value === 'string' ? value : undefined
}

function isObject(value: JsonValue | undefined): value is { readonly [name: string]: JsonValue } {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
