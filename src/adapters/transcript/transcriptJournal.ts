import { mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { TranscriptEntryInput } from '@pawl/sdk'
import { z } from 'zod'

/** Entries of a transcript: what a worker wrote itself, and the server checks. */
const inputsSchema = z.array(z.custom<TranscriptEntryInput>((value) => typeof value === 'object'))

const entrySchema = z.object({
  /** The number of the first of the entries. */
  fromSeq: z.int().positive(),
  /** The entries that were about to be appended, or were. */
  entries: inputsSchema,
  /** How many bytes of the output the transcript holds with these entries. */
  position: z.int().nonnegative(),
  carry: z.object({
    bytes: z.string(),
    plain: z.object({ held: z.string(), isAtLineStart: z.boolean() }),
    masked: z.string(),
  }),
  /** How many characters the transcript has with these entries. */
  written: z.int().nonnegative(),
})

/** Before entries had kinds, all that was appended was output. */
const noted = z.preprocess((value) => {
  const { texts } = (value ?? {}) as { readonly texts?: unknown }
  if (!Array.isArray(texts)) return value
  return { ...(value as object), entries: texts.map((text) => ({ output: { stream: 'STDOUT', text } })) }
}, entrySchema)

/** What was last to be appended, noted before it was sent, so that the next owner sends the same again under the same number. */
export type JournalEntry = z.infer<typeof entrySchema>

/** The last entry of each owner of a session's transcript, on disk. An owner writes to a file of its own: one who is late harms nobody. */
export class TranscriptJournal {
  readonly #folder: string
  readonly #fence: number

  constructor(folder: string, fence: number) {
    this.#folder = folder
    this.#fence = fence
  }

  /** The entry of the last owner before, or of this one; undefined where there is none that can be read. */
  read(): JournalEntry | undefined {
    for (const fence of this.#fences().toSorted((a, b) => b - a)) {
      if (fence > this.#fence) continue
      try {
        const read = noted.safeParse(JSON.parse(readFileSync(this.#pathOf(fence), 'utf8')))
        if (read.success) return read.data
      } catch {
        continue
      }
    }
  }

  /** Replaces this owner's entry, and removes those of owners before. @throws the system's error */
  write(entry: JournalEntry): void {
    const path = this.#pathOf(this.#fence)
    mkdirSync(this.#folder, { recursive: true, mode: 0o700 })
    writeFileSync(`${path}.new`, JSON.stringify(entry), { mode: 0o600 })
    renameSync(`${path}.new`, path)
    for (const fence of this.#fences()) if (fence < this.#fence) rmSync(this.#pathOf(fence), { force: true })
  }

  #fences(): number[] {
    try {
      return readdirSync(this.#folder).flatMap((name) => {
        const fence = /^transcript-(\d+)\.json$/.exec(name)?.[1]
        return fence === undefined ? [] : [Number(fence)]
      })
    } catch {
      return []
    }
  }

  #pathOf(fence: number): string {
    return join(this.#folder, `transcript-${fence}.json`)
  }
}
