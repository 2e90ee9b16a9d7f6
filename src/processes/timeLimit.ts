/**
 * A signal that aborts with another, or after a time. Where a composed signal alone refers to a timeout of the platform
 * (`AbortSignal.timeout`), that is collected as garbage and never comes; this one is held by its timer.
 */
export function timeLimit(ms: number, signal: AbortSignal): AbortSignal {
  const limit = new AbortController()
  setTimeout(() => limit.abort(new DOMException('The time is over', 'TimeoutError')), ms).unref()
  return AbortSignal.any([signal, limit.signal])
}
