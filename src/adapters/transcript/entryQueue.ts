import type { TranscriptEntryInput } from '@pawl/sdk'
import type { Entry, Message, Output, Thought } from '../kit/entry.ts'
import { CleanText } from './cleanText.ts'
import { ENTRY_LIMITS, toEntryInput } from './entryInput.ts'
import type { Secret } from './secrets.ts'

/** An entry that waits to be appended. */
interface Waiting {
  /** How many bytes of output come before it. */
  readonly at: number
  readonly input: TranscriptEntryInput
  readonly size: number
}

/** An entry of which the pieces still come. */
interface Open {
  readonly entry: Message | Thought | Output
  readonly text: CleanText
}

/** How many entries one append has at most. */
const MAX_ENTRIES = 200

/**
 * What was reported and is not yet to be appended: whole entries in their order, and those of which pieces still come. Bounded: where
 * more comes than is taken, the oldest are left out, and their number is said.
 */
export class EntryQueue {
  readonly #secrets: readonly Secret[]
  readonly #maxSize: number
  readonly #waiting: Waiting[] = []
  #size = 0
  #leftOut = 0
  /** What the agent says to people or to itself: one thing at a time. */
  #said: Open | null = null
  /** Output comes beside that, and does not end it. */
  #output: Open | null = null

  constructor(secrets: readonly Secret[], maxSize: number) {
    this.#secrets = secrets
    this.#maxSize = maxSize
  }

  /** How large all that waits is, in characters of JSON. */
  get size(): number {
    return this.#size
  }

  /** How many bytes of output come before the first entry; undefined where none waits. */
  get at(): number | undefined {
    return this.#waiting[0]?.at
  }

  /** Takes an entry that stands after so many bytes of output. */
  report(entry: Entry, at: number): void {
    if (isPiece(entry)) return this.#takePiece(entry, at)
    if (endsPieces(entry)) this.flush(at)
    this.#push(toEntryInput(entry, this.#secrets), at)
  }

  /** Says that what came in pieces is whole. */
  flush(at: number): void {
    this.flushOutput(at)
    this.#said = this.#close(this.#said, at)
  }

  /** The same of output, which need not be whole. */
  flushOutput(at: number): void {
    this.#output = this.#close(this.#output, at)
  }

  /** Takes the entries out that stand before this byte, oldest first and at most as many as one append may have. */
  take(position: number, maxSize: number): TranscriptEntryInput[] {
    const taken: TranscriptEntryInput[] = []
    if (this.#leftOut > 0 && this.#waiting.length > 0) {
      const text = `\n[${this.#leftOut} entries are left out here]\n`
      taken.push({ output: { stream: 'STDOUT', text } })
      this.#leftOut = 0
    }
    let size = 0
    while (taken.length < MAX_ENTRIES) {
      const [first] = this.#waiting
      if (!first || first.at > position || (size > 0 && size + first.size > maxSize)) break
      this.#shift()
      size += first.size
      taken.push(first.input)
    }
    return taken
  }

  #takePiece(entry: Message | Thought | Output, at: number): void {
    if (entry.kind === 'OUTPUT') {
      if (this.#output && !goesOn(this.#output.entry, entry)) this.flushOutput(at)
      this.#output ??= this.#open(entry)
      this.#output.text.add(entry.text)
    } else {
      if (this.#said && !goesOn(this.#said.entry, entry)) this.flush(at)
      this.#said ??= this.#open(entry)
      this.#said.text.add(entry.text)
    }
  }

  #open(entry: Message | Thought | Output): Open {
    return { entry, text: new CleanText(this.#secrets, ENTRY_LIMITS.text) }
  }

  #close(open: Open | null, at: number): null {
    const text = open?.text.end() ?? ''
    if (!open || text === '') return null
    const input = toEntryInput({ ...open.entry, text: '' }, this.#secrets)
    this.#push(withText(input, text), at)
    return null
  }

  #push(input: TranscriptEntryInput, at: number): void {
    const { length: size } = JSON.stringify(input)
    this.#waiting.push({ at, input, size })
    this.#size += size
    while (this.#size > this.#maxSize && this.#waiting.length > 1) {
      this.#shift()
      this.#leftOut += 1
    }
  }

  #shift(): void {
    this.#size -= this.#waiting.shift()?.size ?? 0
  }
}

function isPiece(entry: Entry): entry is Message | Thought | Output {
  return 'isPiece' in entry && entry.isPiece === true
}

/** Whether a piece belongs to the entry that is open. */
function goesOn(open: Message | Thought | Output, piece: Message | Thought | Output): boolean {
  return (
    open.kind === piece.kind &&
    open.key === piece.key &&
    open.updates === piece.updates &&
    (open.kind !== 'OUTPUT' || piece.kind !== 'OUTPUT' || open.stream === piece.stream)
  )
}

/** News of what began earlier and output come in the middle of a message too; what it used is told when it is whole. */
function endsPieces({ kind, updates }: Entry): boolean {
  return updates === undefined && kind !== 'OUTPUT'
}

/** The entry with a text that was cleaned already. */
function withText(input: TranscriptEntryInput, text: string): TranscriptEntryInput {
  if (input.message) return { message: { ...input.message, text } }
  if (input.thought) return { thought: { ...input.thought, text } }
  return input.output ? { output: { ...input.output, text } } : input
}
