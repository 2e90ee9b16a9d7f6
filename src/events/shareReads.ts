/** Sends one read for all who ask the same thing in the same turn of the event loop. */
export type ShareReads = <T>(question: string, read: () => Promise<T>) => Promise<T>

/**
 * Opens a place to share reads. Nobody is given the answer of a read that was sent before they asked: it could be
 * older than what woke them.
 */
export function openShareReads(): ShareReads {
  const gathering = new Map<string, Promise<unknown>>()

  return <T>(question: string, read: () => Promise<T>): Promise<T> => {
    const joined = gathering.get(question)
    // a question stands for one kind of read, and so for one type of answer
    if (joined) return joined as Promise<T>
    const answer = new Promise<void>((resolve) => setImmediate(resolve)).then(() => {
      gathering.delete(question)
      return read()
    })
    gathering.set(question, answer)
    return answer
  }
}
