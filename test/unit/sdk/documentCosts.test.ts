import { type DocumentNode, parse, visit } from 'graphql'
import { expect, it } from 'vitest'
import { costOf } from '../../../src/graphql/kit/operationCost.ts'
import { LIMITS } from '../../../src/graphql/kit/limits.ts'
import { schema } from '../../../src/graphql/schema.ts'
import * as generated from '../../../sdk/generated/graphql.ts'

/** The documents of the SDK by name. */
const DOCUMENTS = Object.entries(generated).filter(([name]) => name.endsWith('Document'))

/** The document with variables that may be left out: depth and breadth depend on none. */
function withoutNeed(text: string): DocumentNode {
  return visit(parse(text), {
    VariableDefinition: {
      leave: (node) => ({ ...node, type: visit(node.type, { NonNullType: (type) => type.type }) }),
    },
  })
}

/** Of arguments that a field needs to be counted at all. */
const VALUES = { text: 'a', ids: ['a'] }

it('knows the documents of the SDK', () => {
  expect(DOCUMENTS.length).toBeGreaterThan(70)
})

it.each(DOCUMENTS)('%s is within the limits of a server', (_name, document) => {
  const cost = costOf({ schema, document: withoutNeed(String(document)), variableValues: VALUES })
  expect(cost?.breadth).toBeLessThanOrEqual(LIMITS.breadth)
  expect(cost?.depth).toBeLessThanOrEqual(LIMITS.depth)
})
