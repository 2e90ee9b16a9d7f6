import { describe, expect, it, vi } from 'vitest'
import { INBOX_LIMIT, Inbox } from '../../../sdk/streams/inbox.ts'

async function drain<T>(inbox: Inbox<T>): Promise<{ items: T[]; error?: unknown }> {
  const items: T[] = []
  try {
    for await (const item of inbox) items.push(item)
    return { items }
  } catch (error) {
    return { items, error }
  }
}

const count = (length: number) => Array.from({ length }, (_, index) => index)

describe('an inbox', () => {
  it('hands out what came, in order, and then ends', async () => {
    const inbox = new Inbox<number>(false, () => {})
    const drained = drain(inbox)
    for (const item of [1, 2, 3]) inbox.push(item)
    inbox.end()
    inbox.push(4)
    expect(await drained).toEqual({ items: [1, 2, 3] })
  })

  it('wakes a reader that waits', async () => {
    const inbox = new Inbox<string>(false, () => {})
    const next = inbox.next()
    inbox.push('late')
    expect(await next).toEqual({ done: false, value: 'late' })
  })

  it('hands out what came before an error, then throws it once', async () => {
    const inbox = new Inbox<number>(false, () => {})
    inbox.push(1)
    inbox.end(new Error('lost'))
    expect(await drain(inbox)).toEqual({ items: [1], error: new Error('lost') })
    expect(await inbox.next()).toEqual({ done: true, value: undefined })
  })

  it('holds no more than its limit, hands that out, and says that the reader fell behind', async () => {
    const close = vi.fn<() => void>()
    const inbox = new Inbox<number>(false, close)
    for (const item of count(INBOX_LIMIT)) inbox.push(item)
    expect(close).not.toHaveBeenCalled()
    for (const item of count(10)) inbox.push(item)
    expect(close).toHaveBeenCalledOnce()
    const { items, error } = await drain(inbox)
    expect(items).toEqual(count(INBOX_LIMIT))
    expect(error).toMatchObject({ name: 'PawlConnectionError', message: 'The reader fell behind' })
  })

  it('holds the newest item alone where that is all that is wanted', async () => {
    const inbox = new Inbox<number>(true, () => {})
    for (const item of count(10_000)) inbox.push(item)
    inbox.end()
    expect(await drain(inbox)).toEqual({ items: [9_999] })
  })

  it('forgets what it holds when its reader leaves', async () => {
    const close = vi.fn<() => void>()
    const inbox = new Inbox<number>(false, close)
    inbox.push(1)
    await inbox.return()
    await inbox.return()
    expect(await inbox.next()).toEqual({ done: true, value: undefined })
    expect(close).toHaveBeenCalledOnce()
  })
})
