import { expect, it } from 'vitest'
import { ID_PREFIXES } from '../../../src/commands/kit/ids.ts'
import { schema } from '../../../src/graphql/schema.ts'

it('every kind of id but a principal has one type of Node, and every such type a kind of id', () => {
  const node = schema.getType('Node')
  if (node === undefined || !('resolveType' in node)) throw new Error('Node is no interface')
  const types = schema.getPossibleTypes(node).map(({ name }) => name)
  const kinds = Object.keys(ID_PREFIXES).filter((kind) => kind !== 'principal')
  expect(types.toSorted()).toEqual(
    kinds.map((kind) => kind.charAt(0).toUpperCase() + kind.slice(1)).toSorted(),
  )
})
