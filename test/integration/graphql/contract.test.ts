import { readFileSync } from 'node:fs'
import {
  buildSchema,
  findBreakingChanges,
  findDangerousChanges,
  type GraphQLNamedType,
  isEnumType,
  isInputObjectType,
  isInterfaceType,
  isIntrospectionType,
  isObjectType,
  isSpecifiedScalarType,
  isUnionType,
  printSchema,
} from 'graphql'
import { describe, expect, it } from 'vitest'
import { schema } from '../../../src/graphql/schema.ts'
import { EVENT_PAYLOADS } from '../../../src/lifecycle/events.ts'
import {
  DIRECTIVE_KINDS,
  PHASE_STATUSES,
  ROLES,
  RUN_COMMANDS,
  RUN_REASONS,
  RUN_STATUSES,
} from '../../../src/lifecycle/words.ts'

const readText = (path: string) => readFileSync(new URL(path, import.meta.url), 'utf8')
const contract = buildSchema(readText('./contract.graphql'))

const ownTypes = Object.values(schema.getTypeMap()).filter(
  (type) => !isIntrospectionType(type) && !isSpecifiedScalarType(type),
)

describe('the schema', () => {
  it('holds everything that the contract promises', () => {
    expect(findBreakingChanges(contract, schema)).toEqual([])
    expect(findDangerousChanges(contract, schema)).toEqual([])
  })

  it('lists the members of every union as the contract does, the success first', () => {
    const unions = Object.values(contract.getTypeMap()).filter(isUnionType)
    expect(unions.length).toBeGreaterThan(20)
    for (const union of unions) {
      const names = (type: GraphQLNamedType | undefined) =>
        isUnionType(type) ? type.getTypes().map(({ name }) => name) : []
      expect([union.name, ...names(schema.getType(union.name))]).toEqual([union.name, ...names(union)])
    }
  })

  it('is the one that was printed for clients', () => {
    expect(readText('../../../schema/schema.graphql')).toBe(`${printSchema(schema)}\n`)
  })

  it('describes every type, field, argument and value', () => {
    const bare = ownTypes.flatMap((type) => [
      ...(type.description ? [] : [type.name]),
      ...membersOf(type).flatMap(({ name, description }) =>
        description?.trim() ? [] : [`${type.name}.${name}`],
      ),
    ])
    expect(bare).toEqual([])
  })

  it('says the words of the lifecycle, all of them and in their order', () => {
    const words = {
      RunStatus: RUN_STATUSES,
      RunReason: RUN_REASONS,
      RunCommand: RUN_COMMANDS,
      PhaseStatus: PHASE_STATUSES,
      DirectiveKind: DIRECTIVE_KINDS,
      Role: ROLES,
    }
    for (const [name, values] of Object.entries(words)) {
      const type = schema.getType(name)
      expect(isEnumType(type) && type.getValues().map((value) => value.name)).toEqual([...values])
    }
  })
})

describe('the schemas of events', () => {
  it('are printed for every type of event', () => {
    const printed = JSON.parse(readText('../../../schema/events.schema.json')) as {
      $defs: Record<string, { type: string; required: string[] }>
    }
    expect(Object.keys(printed.$defs)).toEqual(Object.keys(EVENT_PAYLOADS))
    for (const [type, payload] of Object.entries(EVENT_PAYLOADS))
      expect([type, ...(printed.$defs[type]?.required ?? [])]).toEqual([type, ...Object.keys(payload.shape)])
  })
})

/** Everything below a type that clients see by a name. */
function membersOf(type: GraphQLNamedType): { name: string; description?: string | null | undefined }[] {
  if (isEnumType(type)) return [...type.getValues()]
  if (isInputObjectType(type)) return Object.values(type.getFields())
  if (!isObjectType(type) && !isInterfaceType(type)) return []
  return Object.values(type.getFields()).flatMap((field) => [
    field,
    ...field.args.map((arg) => ({ ...arg, name: `${field.name}(${arg.name})` })),
  ])
}
