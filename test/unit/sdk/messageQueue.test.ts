import { expect, it } from 'vitest'
import type { Message } from '../../../sdk/request/types.ts'
import { MessageQueue } from '../../../sdk/worker/messageQueue.ts'

const messageOf = (id: string) => ({ id }) as Message

it('ends a reader that leaves while it waits for the next message, and no other', async () => {
  const queue = new MessageQueue()
  const [leaving, staying] = [queue[Symbol.asyncIterator](), queue[Symbol.asyncIterator]()]
  const waiting = leaving.next()
  await leaving.return?.()
  expect(await waiting).toEqual({ done: true, value: undefined })
  queue.post(messageOf('msg_1'))
  expect(await leaving.next()).toEqual({ done: true, value: undefined })
  expect(await staying.next()).toEqual({ done: false, value: { id: 'msg_1' } })
})
