import {
  buildClientSchema,
  getIntrospectionQuery,
  getNamedType,
  type GraphQLInputObjectType,
  type GraphQLNamedType,
  type GraphQLObjectType,
  type GraphQLSchema,
  type IntrospectionQuery,
  isCompositeType,
  isInputObjectType,
  isListType,
  isNonNullType,
  isObjectType,
  isUnionType,
} from 'graphql'
import { ask } from './server.ts'

/** A mutation as found by introspection. */
export interface KnownMutation {
  readonly name: string
  readonly input: GraphQLInputObjectType
  /** The members of its result, success first. */
  readonly members: readonly string[]
  /** Sends `$input` and selects every member's own fields, and the rows it refers to. */
  readonly document: string
}

/** Reads a server's schema by introspection. */
export async function readSchema(server: { readonly url: string }, token: string): Promise<GraphQLSchema> {
  const { data, errors } = await ask(server, getIntrospectionQuery(), { token })
  if (errors) throw new Error(JSON.stringify(errors))
  return buildClientSchema(data as unknown as IntrospectionQuery)
}

/** Every mutation of a schema, in schema order. */
export function listMutations(schema: GraphQLSchema): KnownMutation[] {
  const fields = Object.values(schema.getMutationType()?.getFields() ?? {})
  return fields.map(({ name, args, type }) => {
    const [input] = args
    const inputType = input && getNamedType(input.type)
    const result = getNamedType(type)
    if (args.length !== 1 || !isInputObjectType(inputType) || !isUnionType(result))
      throw new Error(`${name} is not of the shape that every mutation has`)
    const document = `mutation ($input: ${inputType.name}!) { ${name}(input: $input) ${selectMembers(result.getTypes())} }`
    return { name, input: inputType, members: result.getTypes().map((member) => member.name), document }
  })
}

/** An answer with every field under its own name. */
export function unalias(answer: Record<string, unknown>): Record<string, unknown> {
  const suffix = `Of${String(answer['__typename'])}`
  return Object.fromEntries(
    Object.entries(answer).map(([key, value]) => [
      key.endsWith(suffix) ? key.slice(0, -suffix.length) : key,
      value,
    ]),
  )
}

/**
 * The selection of each member. A field name with different types in several members gets an alias:
 * `fromOfIllegalTransition`.
 */
function selectMembers(members: readonly GraphQLObjectType[]): string {
  const types = new Map<string, string>()
  // what many members share is selected once, or the operation is too broad
  const [shared] = members.flatMap((member) =>
    member.getInterfaces().filter(({ name }) => name === 'RunProblem'),
  )
  const runType = shared && getNamedType(shared.getFields()['run']?.type)
  const parts = members.map((member) => {
    const own = Object.values(member.getFields()).filter(
      ({ name }) => name !== 'run' || !shared || !member.getInterfaces().includes(shared),
    )
    const fields = own.map(({ name, type }) => {
      const text = String(type)
      const isSame = (types.get(name) ?? text) === text
      if (isSame) types.set(name, text)
      const named = getNamedType(type)
      return `${isSame ? '' : `${name}Of${member.name}: `}${name}${selectOf(named)}`
    })
    return `... on ${member.name} { ${fields.join(' ')} }`
  })
  if (shared && isObjectType(runType)) parts.push(`... on ${shared.name} { run ${selectRow(runType, 1)} }`)
  return `{ __typename ${parts.join(' ')} }`
}

/** The selection of a field's type: of a union only which member it is. */
function selectOf(type: GraphQLNamedType | undefined): string {
  if (isUnionType(type)) return ' { __typename }'
  return isObjectType(type) ? selectRow(type, 1) : ''
}

/**
 * The selection of a row's own fields, and of the rows it belongs to, up to `levels` deep; without pages and lists of
 * rows.
 */
function selectRow(type: GraphQLObjectType, levels: number): string {
  const fields = Object.values(type.getFields()).flatMap(({ name, args, type: of }) => {
    if (args.length > 0) return []
    const named = getNamedType(of)
    if (!isCompositeType(named)) return [name]
    if (levels === 0 || !isObjectType(named) || isListType(isNonNullType(of) ? of.ofType : of)) return []
    return [`${name} ${selectRow(named, levels - 1)}`]
  })
  return `{ ${fields.join(' ')} }`
}
