import { describe, expect, it } from 'vitest'
import { checkContract, findUnannounced } from '../../../scripts/contractChanges.ts'

const RELEASED = 'type Query { run(id: ID!): String, runs: [String!]! }'

describe('a change of the schema', () => {
  it('that takes nothing away needs no announcement', () => {
    expect(
      findUnannounced(RELEASED, 'type Query { run(id: ID!): String!, runs: [String!]!, more: Int }', ''),
    ).toEqual([])
  })

  it('that breaks clients is told, until a line of the notes announces it', () => {
    const present = 'type Query { run(id: ID!): String }'
    expect(findUnannounced(RELEASED, present, '# Contract')).toEqual(['Query.runs was removed.'])
    expect(findUnannounced(RELEASED, present, '# Contract\n\n- Query.runs was removed.\n')).toEqual([])
  })

  it('is announced where this repository has one', () => {
    expect(checkContract()).toEqual([])
  })
})
