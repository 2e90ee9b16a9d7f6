import {
  getNullableType,
  type GraphQLInputType,
  isInputObjectType,
  isNonNullType,
  isObjectType,
} from 'graphql'
import { expect, it } from 'vitest'
import { schema } from '../../../src/graphql/schema.ts'

interface Given {
  readonly place: string
  readonly type: GraphQLInputType
  readonly defaultValue?: unknown
}

const GIVEN: readonly Given[] = Object.values(schema.getTypeMap()).flatMap((type): Given[] => {
  if (type.name.startsWith('__')) return []
  if (isInputObjectType(type))
    return Object.values(type.getFields()).map((field) => ({ ...field, place: `${type.name}.${field.name}` }))
  if (!isObjectType(type)) return []
  return Object.values(type.getFields()).flatMap(({ name, args }) =>
    args.map((arg) => ({ ...arg, place: `${type.name}.${name}(${arg.name}:)` })),
  )
})

it('a Boolean with a default is never null, so that null does not mean the opposite of the default', () => {
  const withDefault = GIVEN.filter(
    ({ type, defaultValue }) => defaultValue !== undefined && String(getNullableType(type)) === 'Boolean',
  )
  expect(withDefault.map(({ place }) => place)).toEqual(
    expect.arrayContaining(['SweepInput.isDryRun', 'CancelRunInput.isCascading']),
  )
  expect(withDefault.filter(({ type }) => !isNonNullType(type)).map(({ place }) => place)).toEqual([])
})

it('a filter names what takes several values in the plural, and ranges of time have both bounds', () => {
  const filters = GIVEN.filter(({ place }) => /Filter\./.test(place))
  const several = filters.filter(({ type }) => String(type).startsWith('['))
  expect(several.length).toBeGreaterThan(8)
  expect(several.filter(({ place }) => !place.endsWith('s')).map(({ place }) => place)).toEqual([])
  expect(filters.filter(({ place }) => /(After|Before)$/.test(place)).map(({ place }) => place)).toEqual([])
})

it('an input that means exactly one of its fields says so', () => {
  const inputs = Object.values(schema.getTypeMap()).filter(isInputObjectType)
  expect(
    inputs
      .filter(({ isOneOf }) => isOneOf)
      .map(({ name }) => name)
      .toSorted(),
  ).toEqual(['RunStep', 'TokenPrincipalInput', 'TranscriptEntryInput', 'WorkspaceResultInput'])
})
