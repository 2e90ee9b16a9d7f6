/** Sends one read for all callers that ask the same question in the same turn of the event loop. */
export type ShareReads = <T>(question: string, read: () => Promise<T>) => Promise<T>

/**
 * Creates a scope for sharing reads. A caller never gets the answer of a read sent before it asked, which could be
 * older than the change that woke the caller.
 */
export function openShareReads(): ShareReads {
  const gathering = new Map<string, Promise<unknown>>()

  return <T>(question: string, read: () => Promise<T>): Promise<T> => {
    const joined = gathering.get(question)
    // a question identifies one kind of read, and so one type of answer
    if (joined) return joined as Promise<T>
    const answer = new Promise<void>((resolve) => setImmediate(resolve)).then(() => {
      gathering.delete(question)
      return read()
    })
    gathering.set(question, answer)
    return answer
  }
}
