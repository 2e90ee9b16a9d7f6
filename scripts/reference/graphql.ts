import {
  type GraphQLArgument,
  type GraphQLField,
  type GraphQLNamedType,
  isEnumType,
  isInputObjectType,
  isInterfaceType,
  isIntrospectionType,
  isObjectType,
  isSpecifiedScalarType,
  isUnionType,
} from 'graphql'
import { schema } from '../../src/graphql/schema.ts'
import { escapeTags, table } from './markdown.ts'

/** The GraphQL schema: operations first, then every type. */
export function describeGraphql(): string {
  const roots = [schema.getQueryType(), schema.getMutationType(), schema.getSubscriptionType()]
  const others = Object.values(schema.getTypeMap())
    .filter((type) => !isIntrospectionType(type) && !isSpecifiedScalarType(type))
    .filter((type) => !roots.some((root) => root === type))
    .toSorted((one, other) => one.name.localeCompare(other.name))
  const operations = roots.flatMap((root) => (root ? [`## ${root.name}\n`, ...describeOperations(root)] : []))
  return `# GraphQL

The schema of \`/graphql\`. [What is promised of it](../contract.md), and [how a client speaks to it](../protocol.md).

${operations.join('\n')}
## Types

${others.map(describeType).join('\n')}`
}

function describeOperations(root: GraphQLNamedType): string[] {
  if (!isObjectType(root)) return []
  return Object.values(root.getFields()).map((field) => {
    const args = table(['argument', 'type', 'meaning'], field.args.map(argumentRow))
    return `### ${field.name}\n\n${escapeTags(field.description ?? '')}\n\nReturns ${link(field.type)}.\n\n${args}`
  })
}

function describeType(type: GraphQLNamedType): string {
  return `### ${type.name}\n\n${kindOf(type)}${escapeTags(type.description ?? '')}\n\n${membersOf(type)}`
}

function kindOf(type: GraphQLNamedType): string {
  if (isInputObjectType(type)) return type.isOneOf ? '_Input, one of its fields._ ' : '_Input._ '
  if (isEnumType(type)) return '_Enum._ '
  if (isUnionType(type)) return '_Union._ '
  if (isInterfaceType(type)) return '_Interface._ '
  return isObjectType(type) ? '' : '_Scalar._ '
}

function membersOf(type: GraphQLNamedType): string {
  if (isUnionType(type)) return `One of ${type.getTypes().map(link).join(', ')}.\n`
  if (isEnumType(type)) {
    const rows = type.getValues().map(({ name, description }) => [`\`${name}\``, description ?? ''])
    return table(['value', 'meaning'], rows)
  }
  if (isInputObjectType(type))
    return table(['field', 'type', 'meaning'], Object.values(type.getFields()).map(argumentRow))
  if (isObjectType(type) || isInterfaceType(type))
    return table(['field', 'type', 'meaning'], Object.values(type.getFields()).map(fieldRow))
  return ''
}

type Argument = Pick<GraphQLArgument, 'name' | 'type' | 'description' | 'defaultValue'>

function argumentRow({ name, type, description, defaultValue }: Argument): string[] {
  const usual = defaultValue === undefined ? '' : ` Default: \`${JSON.stringify(defaultValue)}\`.`
  return [`\`${name}\``, link(type), `${description ?? ''}${usual}`]
}

function fieldRow(field: GraphQLField<unknown, unknown>): string[] {
  const args = field.args.map(({ name }) => name)
  const taken = args.length === 0 ? '' : `(${args.join(', ')})`
  return [`\`${field.name}${taken}\``, link(field.type), field.description ?? '']
}

/** A type as it is written, linked to its section. */
function link(type: { toString(): string }): string {
  const text = type.toString()
  const name = text.replaceAll(/[[\]!]/g, '')
  const named = schema.getType(name)
  return named && isSpecifiedScalarType(named) ? `\`${text}\`` : `[\`${text}\`](#${name.toLowerCase()})`
}
