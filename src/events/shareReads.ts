/** Sends one read for all callers that ask the same question in the same turn of the event loop. */
export type ShareReads = <T>(question: string, read: () => Promise<T>) => Promise<T>

/**
 * Creates a scope for sharing reads. A caller never gets the answer of a read sent before it asked, which could be
 * older than the change that woke the caller. At most `maxUnderWay` reads are sent at a time; the others wait in the order in which they
 * were asked for: many streams that begin at once, as after the restart of a server, leave the other connections to commands.
 */
export function openShareReads(maxUnderWay: number): ShareReads {
  const gathering = new Map<string, Promise<unknown>>()
  const waiting: (() => void)[] = []
  let underWay = 0

  async function enter(): Promise<void> {
    if (underWay < maxUnderWay) underWay += 1
    else await new Promise<void>((resolve) => waiting.push(resolve))
  }

  function leave(): void {
    const next = waiting.shift()
    if (next) next()
    else underWay -= 1
  }

  async function send<T>(question: string, read: () => Promise<T>): Promise<T> {
    await new Promise<void>((resolve) => setImmediate(resolve))
    await enter()
    try {
      gathering.delete(question)
      return await read()
    } finally {
      leave()
    }
  }

  return <T>(question: string, read: () => Promise<T>): Promise<T> => {
    const joined = gathering.get(question)
    // a question identifies one kind of read, and so one type of answer
    if (joined) return joined as Promise<T>
    const answer = send(question, read)
    gathering.set(question, answer)
    return answer
  }
}
