/** How long items are collected, in milliseconds: one display frame. */
const FRAME_MS = 16

/** Collects items and delivers them together, one frame after the first. */
export interface Batch<Item> {
  add(item: Item): void
  /** Delivers the collected items now. */
  flush(): void
}

/** Creates a batch that passes its items to `deliver` in order of arrival, until the signal aborts. */
export function createBatch<Item>(
  signal: AbortSignal,
  deliver: (items: readonly Item[]) => void,
): Batch<Item> {
  let items: Item[] = []
  let timer: ReturnType<typeof setTimeout> | undefined
  const flush = () => {
    clearTimeout(timer)
    timer = undefined
    const gathered = items
    items = []
    if (gathered.length > 0 && !signal.aborted) deliver(gathered)
  }
  return {
    add(item) {
      items.push(item)
      timer ??= setTimeout(flush, FRAME_MS)
    },
    flush,
  }
}
