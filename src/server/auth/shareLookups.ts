/**
 * Lets concurrent requests for one key share a lookup: those that arrive during a lookup share the next one. No request gets the answer
 * of a lookup that began before it, so a token is refused from the moment it is revoked; any number of requests with one token still
 * cost one lookup at a time.
 */
export function shareLookups<T>(lookUp: (key: string) => Promise<T>): (key: string) => Promise<T> {
  const running = new Map<string, Promise<T>>()
  const next = new Map<string, Promise<T>>()

  function begin(key: string): Promise<T> {
    const answer = lookUp(key).finally(() => running.delete(key))
    running.set(key, answer)
    return answer
  }

  async function afterThis(key: string, current: Promise<T>): Promise<T> {
    await current.catch(() => {})
    next.delete(key)
    return begin(key)
  }

  return (key) => {
    const current = running.get(key)
    if (!current) return begin(key)
    const waiting = next.get(key) ?? afterThis(key, current)
    next.set(key, waiting)
    return waiting
  }
}
