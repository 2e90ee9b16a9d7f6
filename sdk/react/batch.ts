/** How long news is gathered before it is shown, in milliseconds: a frame of a screen. */
const FRAME_MS = 16

/** Gathers what comes in quick succession and hands it on at once, a frame after the first of it. */
export interface Batch<Item> {
  add(item: Item): void
  /** Hands on what is there now. */
  flush(): void
}

/** A batch whose items go to `deliver`, in the order in which they came, until the signal aborts. */
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
