import { expect, it } from 'vitest'
import { promptedSchema } from '../../../src/adapters/acp/messages.ts'
import { readUsage } from '../../../src/adapters/acp/readUsage.ts'

const read = (usage: object) =>
  readUsage('an agent', promptedSchema.parse({ usage }), { before: null, after: null }, 5)

it('counts what stood in a cache as input, whether an agent tells it beside its input or as a part of it', () => {
  const beside = {
    inputTokens: 60,
    cachedReadTokens: 30,
    cachedWriteTokens: 10,
    outputTokens: 5,
    totalTokens: 105,
  }
  expect(read(beside)).toMatchObject({ inputTokens: 100, cachedTokens: 30, outputTokens: 5 })
  const within = { inputTokens: 100, cachedReadTokens: 30, outputTokens: 5, totalTokens: 105 }
  expect(read(within)).toMatchObject({ inputTokens: 100, cachedTokens: 30, outputTokens: 5 })
  // nothing tells
  expect(read({ inputTokens: 60, cachedReadTokens: 30 })).toMatchObject({ inputTokens: 60 })
})
