import pg from 'pg'

/** How items are gathered into batches. */
export interface GatherOptions<Item, Answer> {
  /** Performs a batch in one statement; returns an answer for each item, in their order. */
  readonly perform: (items: readonly Item[]) => Promise<readonly Answer[]>
  /** Maximum number of batches under way at a time. */
  readonly maxUnderWay: number
  /** Maximum weight of a batch; a single item may weigh more. */
  readonly maxWeight: number
  /** Weight of an item; default: 1. */
  readonly weigh?: (item: Item) => number
  /** The items of a batch are taken from these groups in turn, so that a busy one does not delay the others; default: one group. */
  readonly groupOf?: (item: Item) => string
  /** What no other item under way may have in common with this one, such as a run; default: nothing. */
  readonly claimsOf?: (item: Item) => readonly string[]
}

interface Waiting<Item, Answer> {
  readonly item: Item
  readonly claims: readonly string[]
  readonly resolve: (answer: Answer) => void
  readonly reject: (error: unknown) => void
}

/**
 * Gathers items into batches: a batch is whatever is waiting while others are under way, so nobody waits for a timer. If an item makes
 * a batch fail, the batch is split until that item fails alone. Returns the function that adds an item; it resolves to the item's answer.
 */
export function gather<Item, Answer>({
  perform,
  maxUnderWay,
  maxWeight,
  weigh = () => 1,
  groupOf = () => '',
  claimsOf = () => [],
}: GatherOptions<Item, Answer>): (item: Item) => Promise<Answer> {
  const groups = new Map<string, Waiting<Item, Answer>[]>()
  const claimed = new Set<string>()
  let underWay = 0
  let isScheduled = false

  // whoever asks in the same turn of the event loop shares a batch
  function schedule(): void {
    if (isScheduled || groups.size === 0 || underWay >= maxUnderWay) return
    isScheduled = true
    setImmediate(() => {
      isScheduled = false
      while (underWay < maxUnderWay) {
        const batch = takeBatch()
        if (batch.length === 0) return
        void send(batch)
      }
    })
  }

  /** Takes one item of each group in turn, as long as they fit; leaves those whose claims are taken. */
  function takeBatch(): Waiting<Item, Answer>[] {
    const batch: Waiting<Item, Answer>[] = []
    let weight = 0
    for (let found = true; found;) {
      found = false
      for (const [group, queue] of groups) {
        const index = queue.findIndex(({ claims }) => !claims.some((claim) => claimed.has(claim)))
        const next = queue[index]
        if (!next) continue
        weight += weigh(next.item)
        if (weight > maxWeight && batch.length > 0) return batch
        queue.splice(index, 1)
        if (queue.length === 0) groups.delete(group)
        for (const claim of next.claims) claimed.add(claim)
        batch.push(next)
        found = true
      }
    }
    return batch
  }

  async function send(batch: readonly Waiting<Item, Answer>[]): Promise<void> {
    underWay++
    await settle(batch)
    underWay--
    for (const { claims } of batch) for (const claim of claims) claimed.delete(claim)
    schedule()
  }

  async function settle(batch: readonly Waiting<Item, Answer>[]): Promise<void> {
    try {
      const answers = await perform(batch.map(({ item }) => item))
      for (const [index, { resolve }] of batch.entries()) resolve(answers[index] as Answer)
    } catch (error) {
      if (batch.length === 1 || !isRolledBack(error)) return batch.forEach(({ reject }) => reject(error))
      const half = Math.ceil(batch.length / 2)
      await settle(batch.slice(0, half))
      await settle(batch.slice(half))
    }
  }

  return (item) =>
    new Promise((resolve, reject) => {
      const group = groupOf(item)
      const queue = groups.get(group) ?? []
      groups.set(group, queue)
      queue.push({ item, claims: claimsOf(item), resolve, reject })
      schedule()
    })
}

/**
 * Classes of SQLSTATE that are about the content of a statement: bad data, a violated constraint, a conflict with another transaction, a
 * limit, or an exception of a trigger. Such an answer proves that the statement wrote nothing; after any other fault, above all a
 * lost connection, that is unknown.
 */
const ABOUT_CONTENT = /^(22|23|40|54|P0)/

function isRolledBack(error: unknown): boolean {
  return error instanceof pg.DatabaseError && ABOUT_CONTENT.test(error.code ?? '')
}
