import type { TranscriptEntry } from '../request/types.ts'

/** An entry with its updates in it; `seq` and `at` are those of the entry itself. */
export type FoldedEntry = TranscriptEntry & {
  /** The number of the last entry that went into it. */
  readonly lastSeq: number
  /** When that was appended. */
  readonly updatedAt: string
}

/** A transcript in which every update stands in the entry that it updates. */
export class TranscriptFold {
  readonly #all: FoldedEntry[] = []
  /** A copy of them, made where it is asked for. */
  #shown: readonly FoldedEntry[] | null = null
  #lastSeq = 0
  /** Places of entries, by kind and key: a key names the last entry that had it. */
  readonly #places = new Map<string, number>()

  /** In the order in which they began; the same array until something is added. */
  get entries(): readonly FoldedEntry[] {
    return (this.#shown ??= [...this.#all])
  }

  /** The number of the last entry that was added. */
  get lastSeq(): number {
    return this.#lastSeq
  }

  /**
   * Adds entries in their order; those that were added before change nothing. Returns what became of each: the entry, or the one that it
   * updates.
   */
  add(entries: readonly TranscriptEntry[]): readonly FoldedEntry[] {
    const fresh = entries.filter(({ seq }) => seq > this.#lastSeq)
    if (fresh.length === 0) return []
    const changed = fresh.map((entry) => this.#addTo(this.#all, entry))
    this.#shown = null
    this.#lastSeq = fresh.at(-1)?.seq ?? this.#lastSeq
    return changed
  }

  #addTo(all: FoldedEntry[], entry: TranscriptEntry): FoldedEntry {
    const { kind, key, updates, seq, at } = entry
    const place = updates === null ? undefined : this.#places.get(`${kind} ${updates}`)
    const updated = place === undefined ? undefined : all[place]
    const to = place === undefined || !updated ? all.length : place
    const folded = updated ? update(updated, entry) : { ...entry, lastSeq: seq, updatedAt: at }
    all[to] = folded
    // An update of what is not there stands for itself, and further updates of it go into it.
    for (const name of [key, updates]) if (name !== null) this.#places.set(`${kind} ${name}`, to)
    return folded
  }
}

/** Puts updates into the entries that they update. */
export function foldTranscript(entries: readonly TranscriptEntry[]): readonly FoldedEntry[] {
  const fold = new TranscriptFold()
  fold.add(entries)
  return fold.entries
}

function update(known: FoldedEntry, entry: TranscriptEntry): FoldedEntry {
  const given = Object.fromEntries(Object.entries(entry).filter(([, value]) => value !== null))
  const { seq, at, key, updates } = known
  const { seq: lastSeq, at: updatedAt } = entry
  return { ...known, ...given, seq, at, key, updates, lastSeq, updatedAt }
}
