import {
  type GraphQLAbstractType,
  type GraphQLObjectType,
  isInterfaceType,
  isIntrospectionType,
  isObjectType,
  isUnionType,
} from 'graphql'
import { describe, expect, it } from 'vitest'
import { schema } from '../../../src/graphql/schema.ts'

const types = Object.values(schema.getTypeMap()).filter((type) => !isIntrospectionType(type))
const objects = types.filter(isObjectType)

/**
 * What each kind of node has in a form of its own. A document that asks several kinds for one of them through `node` gives
 * it an alias. The list may only become shorter.
 */
const OF_EACH_NODE = [
  ...['status', 'kind', 'role', 'error', 'phases', 'artifacts'],
  ...['project', 'epoch', 'startedAt', 'workspace', 'run', 'phase', 'attempt'],
]

/** The fields that two of the types have under one name, with different types, so that no document could select both. */
function clashesAmong(members: readonly GraphQLObjectType[]): string[] {
  const names = new Set(members.flatMap((member) => Object.keys(member.getFields())))
  return [...names].flatMap((name) => {
    const given = new Map<string, string>(
      members.flatMap((member) => {
        const field = member.getFields()[name]
        return field ? [[String(field.type), member.name]] : []
      }),
    )
    const told = [...given].map(([type, member]) => `${member}: ${type}`)
    return given.size > 1 ? [`${name} (${told.join(', ')})`] : []
  })
}

const membersOf = (type: GraphQLAbstractType) => [...schema.getPossibleTypes(type)]

describe('a document can select every field without an alias', () => {
  it.each(types.filter(isUnionType))('of the members of $name', (union) => {
    expect(clashesAmong(membersOf(union))).toEqual([])
  })

  it.each(types.filter((type) => isInterfaceType(type) && type.name !== 'Node'))(
    'of the types that are a $name',
    (type) => {
      expect(clashesAmong(membersOf(type as GraphQLAbstractType))).toEqual([])
    },
  )

  it('of a success and of everything that any command can be refused with', () => {
    const problem = schema.getType('Problem')
    const problems = isInterfaceType(problem) ? membersOf(problem) : []
    const unions = types.filter(isUnionType)
    expect(problems.length).toBeGreaterThan(25)
    for (const union of unions) {
      const [success] = union.getTypes()
      expect([union.name, clashesAmong([...problems, ...(success ? [success] : [])])]).toEqual([
        union.name,
        [],
      ])
    }
  })

  it('of the nodes, but for what each kind of node has of its own', () => {
    const node = schema.getType('Node')
    const nodes = isInterfaceType(node) ? membersOf(node) : []
    expect(nodes.length).toBeGreaterThan(8)
    const clashes = clashesAmong(nodes).filter(
      (clash) => !OF_EACH_NODE.some((name) => clash.startsWith(`${name} `)),
    )
    expect(clashes).toEqual([])
  })
})

describe('results', () => {
  const unions = types.filter(isUnionType).filter(({ name }) => name.endsWith('Result'))

  it('begin with their success, which is named so, and are problems otherwise', () => {
    for (const union of unions) {
      const [success, ...refusals] = union.getTypes().map((member) => member.name)
      expect(success).toBe(union.name.replace(/Result$/, 'Success'))
      const problems = refusals.filter((name) => {
        const type = schema.getType(name)
        return isObjectType(type) && type.getInterfaces().some((each) => each.name === 'Problem')
      })
      expect([union.name, problems]).toEqual([union.name, refusals])
    }
  })

  it('share an interface where they show a run', () => {
    const having = (interfaceName: string) =>
      objects.flatMap((type) =>
        type.getInterfaces().some((each) => each.name === interfaceName) ? [type.name] : [],
      )
    const showing = objects.filter((type) => type.getFields()['run']).map((type) => type.name)
    expect(having('RunSuccess').toSorted()).toEqual(
      showing.filter((name) => name.endsWith('Success')).toSorted(),
    )
    const problems = having('Problem')
    expect(having('RunProblem').toSorted()).toEqual(
      showing.filter((name) => problems.includes(name)).toSorted(),
    )
  })
})
