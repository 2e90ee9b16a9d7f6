/** A JSON Schema, as agents write them. */
export type JsonSchema = Readonly<Record<string, unknown>>

/** The least value that a schema allows. */
export function exampleOf(schema: unknown): unknown {
  if (!isSchema(schema)) return 'text'
  if ('const' in schema) return schema['const']
  if ('default' in schema) return schema['default']
  const [first] = listOf(schema['enum'])
  if (first !== undefined) return first
  const choices = listOf(schema['anyOf'] ?? schema['oneOf'] ?? schema['allOf'])
  if (choices.length > 0) return exampleOf(choices[0])
  const [type] = Array.isArray(schema['type']) ? (schema['type'] as unknown[]) : [schema['type']]
  switch (typeof type === 'string' ? type.toLowerCase() : 'object') {
    case 'object':
      return Object.fromEntries(
        listOf(schema['required']).map((key) => [key, exampleOf(propertiesOf(schema)[String(key)])]),
      )
    case 'array':
      return []
    case 'boolean':
      return false
    case 'integer':
    case 'number':
      return typeof schema['minimum'] === 'number' ? schema['minimum'] : 1
    case 'null':
      return null
    default:
      return 'text'
  }
}

/** The schemas of an object's properties. */
export function propertiesOf(schema: unknown): Readonly<Record<string, unknown>> {
  const properties = isSchema(schema) ? schema['properties'] : undefined
  return isSchema(properties) ? properties : {}
}

function isSchema(value: unknown): value is JsonSchema {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function listOf(value: unknown): unknown[] {
  return Array.isArray(value) ? value : []
}
