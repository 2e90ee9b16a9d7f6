import { setTimeout as sleep } from 'node:timers/promises'
import type { AppendTranscriptResult, TranscriptEntryInput } from '@pawl/sdk'
import type { AgentOutput } from '../kit/adapter.ts'
import type { Entry } from '../kit/entry.ts'
import { ByteRing } from './byteRing.ts'
import { EntryQueue } from './entryQueue.ts'
import type { Secret } from './secrets.ts'
import { TranscriptJournal } from './transcriptJournal.ts'
import type { JournalEntry } from './transcriptJournal.ts'
import { TranscriptText } from './transcriptText.ts'

/** The result of an append: a member of the server's answer. */
export type Appended =
  | Pick<Extract<AppendTranscriptResult, { __typename: 'AppendTranscriptSuccess' }>, '__typename' | 'nextSeq'>
  | Pick<Extract<AppendTranscriptResult, { __typename: 'TranscriptGap' }>, '__typename' | 'expectedSeq'>
  | { readonly __typename: 'LeaseLost' | 'NotFound' | 'InvalidInput' | 'Forbidden' }

/** How a transcript is written. */
export interface TranscriptOptions {
  /** Appends entries from this number on, as `sessions.append` does. Tried again where it throws. */
  readonly append: (
    fromSeq: number,
    entries: TranscriptEntryInput[],
    signal: AbortSignal,
  ) => Promise<Appended>
  /**
   * The session's private folder, the same for every owner on this machine, where what is sent is noted before. Default: it is not
   * noted, for a session whose output ends with its owner.
   */
  readonly stateDir?: string | undefined
  /** The number of the owner's claim. */
  readonly fence: number
  /** What is not to be shown; see `findSecrets`. Default: nothing. */
  readonly secrets?: readonly Secret[]
  /** How much waits in memory for the server, in bytes, of output and of entries; then the oldest is left out. Default 1 MiB. */
  readonly bufferBytes?: number
  /** How long a transcript may become, in characters; then it ends with a line that says so. Default 16 Mi. */
  readonly maxCharacters?: number
  /** The least time between two appends, in milliseconds. Default 250. */
  readonly pauseMs?: number
  /** How long `close` tries to write what is left, in milliseconds. Default 5,000. */
  readonly closeMs?: number
  /** Told of what went wrong and is being tried again, or was given up. */
  readonly onError?: (error: unknown) => void
}

/** How much one append brings at most, in bytes, and how long the text of an entry is at most, in UTF-16 units. */
const BATCH_BYTES = 262_144
const MAX_TEXT = 65_536
/** How long the first wait before another try is, and the longest one, in milliseconds. */
const RETRY_MS = { first: 250, longest: 5_000 } as const
/** No transcript has so many entries: asked to append nothing there, the server says where it stands. */
const PAST_END_SEQ = 2_000_000_000

/**
 * Writes what an agent says and puts out into its session's transcript: in order, masked, gathered, within bounded memory. With a
 * `stateDir`, what is sent is noted on disk before, so that the next owner neither loses nor repeats it.
 */
export class TranscriptWriter implements AgentOutput {
  readonly #options: TranscriptOptions
  readonly #ring: ByteRing
  readonly #journal: TranscriptJournal | undefined
  readonly #text: TranscriptText
  readonly #queue: EntryQueue
  readonly #maxCharacters: number
  readonly #closing = new AbortController()
  readonly #givenUp = new AbortController()
  /** Resolves with whether everything was written. */
  readonly #finished: Promise<boolean>
  /** Noted by an owner before, or by this one, and not yet known to be appended. */
  #pending: JournalEntry | undefined
  /** 0: not known yet. */
  #nextSeq = 0
  #position: number
  /** How many bytes of output were taken, under all owners. */
  #taken: number
  #startsAt: number
  #written: number
  #wake: () => void = () => undefined

  constructor(options: TranscriptOptions) {
    this.#options = options
    const bufferBytes = options.bufferBytes ?? 1_048_576
    this.#ring = new ByteRing(bufferBytes)
    this.#queue = new EntryQueue(options.secrets ?? [], bufferBytes)
    const { stateDir, fence } = options
    this.#journal = stateDir === undefined ? undefined : new TranscriptJournal(stateDir, fence)
    this.#maxCharacters = options.maxCharacters ?? 16_777_216
    this.#pending = this.#journal?.read()
    this.#text = new TranscriptText(options.secrets ?? [], this.#pending?.carry)
    this.#position = this.#pending?.position ?? 0
    this.#taken = this.#position
    this.#startsAt = this.#position
    this.#written = this.#pending?.written ?? 0
    this.#nextSeq = this.#pending?.fromSeq ?? 0
    this.#finished = this.#work()
  }

  get startsAt(): number {
    return this.#startsAt
  }

  get hasRoom(): boolean {
    return Math.max(this.#ring.size, this.#queue.size) <= this.#ring.capacity / 2
  }

  /** Whether nothing is written any more: the lease or the session is lost. What comes is taken and thrown away. */
  get isOver(): boolean {
    return this.#givenUp.signal.aborted
  }

  write(bytes: Uint8Array): void {
    if (this.isOver) return
    this.#ring.write(bytes)
    this.#taken += bytes.length
    this.#wake()
  }

  report(entry: Entry): void {
    if (this.isOver) return
    this.#queue.report(entry, this.#taken)
    this.#wake()
  }

  flush(): void {
    if (this.isOver) return
    this.#queue.flush(this.#taken)
    this.#wake()
  }

  /** Writes what is left, as far as that is possible in `closeMs`. Returns whether that was all of it. */
  async close(): Promise<boolean> {
    this.flush()
    this.#closing.abort()
    this.#wake()
    const done = new AbortController()
    const late = this.#pause(this.#options.closeMs ?? 5_000, done.signal).then(() => false)
    const isWhole = await Promise.race([this.#finished, late])
    done.abort()
    this.#givenUp.abort()
    return isWhole
  }

  async #work(): Promise<boolean> {
    // The constructor returns before anything is asked of its owner.
    await Promise.resolve()
    while (!this.isOver) {
      if (this.#pending) {
        await this.#append(this.#pending)
        continue
      }
      this.#queue.flushOutput(this.#taken)
      if ((this.#queue.at ?? Infinity) <= this.#position) this.#gatherEntries()
      else if (this.#ring.size > 0) this.#gather()
      else if (this.#closing.signal.aborted) {
        if (!this.#gatherEnd()) return true
      } else await new Promise<void>((resolve) => (this.#wake = resolve))
    }
    return false
  }

  /** Notes the entries that are next. */
  #gatherEntries(): void {
    const entries = this.#queue.take(this.#position, BATCH_BYTES)
    const room = this.#maxCharacters - this.#written
    if (room <= 0) return
    const kept: TranscriptEntryInput[] = []
    let size = 0
    for (const entry of entries) {
      size += JSON.stringify(entry).length
      if (size > room) break
      kept.push(entry)
    }
    this.#written += size
    this.#noteEntries(size > room ? [...kept, ...toOutput(this.#lastLine)] : kept)
  }

  /** Notes the bytes that are next, up to the entry that follows them. */
  #gather(): void {
    const max = Math.min(BATCH_BYTES, (this.#queue.at ?? Infinity) - this.#position)
    const { bytes, lost } = this.#ring.take(max)
    this.#position += lost + bytes.length
    if (this.#written >= this.#maxCharacters) {
      this.#startsAt = this.#position
      return
    }
    if (lost === 0) return this.#note(this.#text.take(bytes))
    const { text, skipped } = this.#text.takeAfterGap(bytes)
    this.#note(`\n[${lost + skipped} bytes of output are left out here]\n${text}`)
  }

  /** Makes the last entry; false where nothing is left. */
  #gatherEnd(): boolean {
    const rest = this.#written < this.#maxCharacters ? this.#text.end() : ''
    this.#note(rest)
    return rest !== ''
  }

  #note(text: string): void {
    if (text === '') return
    const kept = cutInto(text, this.#maxCharacters - this.#written)[0] ?? ''
    const isWhole = kept.length === text.length
    this.#written += text.length
    this.#noteEntries(toOutput(isWhole ? text : kept + this.#lastLine))
  }

  get #lastLine(): string {
    return `\n[the transcript ends here: ${this.#maxCharacters} characters are the most it may have]\n`
  }

  #noteEntries(entries: TranscriptEntryInput[]): void {
    this.#pending = {
      fromSeq: Math.max(1, this.#nextSeq),
      entries,
      position: this.#position,
      carry: this.#text.carry,
      written: this.#written,
    }
  }

  /** Appends an entry, however often that takes. */
  async #append(entry: JournalEntry): Promise<void> {
    let waitMs: number = RETRY_MS.first
    let toSend = entry
    while (!this.isOver) {
      try {
        if (this.#nextSeq === 0) this.#nextSeq = await this.#findNextSeq()
        if (this.isOver) return
        toSend = { ...toSend, fromSeq: this.#nextSeq }
        this.#writeJournal(toSend)
        if (await this.#send(toSend)) {
          this.#startsAt = toSend.position
          this.#pending = undefined
          await this.#pause(this.#options.pauseMs ?? 250, this.#closing.signal)
          return
        }
      } catch (error) {
        if (this.isOver) return
        this.#options.onError?.(error)
        await this.#pause(waitMs, this.#givenUp.signal)
        waitMs = Math.min(waitMs * 2, RETRY_MS.longest)
      }
    }
  }

  /** Whether the entries are there, or never will be. */
  async #send({ fromSeq, entries }: JournalEntry): Promise<boolean> {
    const answer = await this.#options.append(fromSeq, entries, this.#givenUp.signal)
    switch (answer.__typename) {
      case 'AppendTranscriptSuccess':
        this.#nextSeq = answer.nextSeq
        return true
      case 'TranscriptGap':
        // The server has fewer entries than before, for example after a restored backup.
        this.#nextSeq = answer.expectedSeq
        return false
      case 'InvalidInput':
        this.#options.onError?.(new Error('The server refused entries of a transcript, which are left out'))
        return true
      case 'LeaseLost':
      case 'NotFound':
      case 'Forbidden':
        this.#givenUp.abort()
        return false
    }
  }

  async #findNextSeq(): Promise<number> {
    const answer = await this.#options.append(PAST_END_SEQ, [], this.#givenUp.signal)
    if (answer.__typename === 'TranscriptGap') return answer.expectedSeq
    this.#givenUp.abort()
    return 1
  }

  /** A full disk must not keep the transcript from the server: then the next owner may repeat or miss what is under way. */
  #writeJournal(entry: JournalEntry): void {
    try {
      this.#journal?.write(entry)
    } catch (error) {
      this.#options.onError?.(error)
    }
  }

  async #pause(ms: number, signal: AbortSignal): Promise<void> {
    await sleep(ms, undefined, { signal }).catch(() => undefined)
  }
}

/** Output as entries, as many as its length takes. */
function toOutput(text: string): TranscriptEntryInput[] {
  return cutInto(text, MAX_TEXT).map((piece) => ({ output: { stream: 'STDOUT', text: piece } }))
}

/** Cuts a text into pieces of at most so many UTF-16 units, no character in two. */
function cutInto(text: string, max: number): string[] {
  const pieces: string[] = []
  for (let start = 0; start < text.length;) {
    let end = Math.min(start + max, text.length)
    const last = text.charCodeAt(end - 1)
    if (end < text.length && last >= 0xd800 && last <= 0xdbff) end -= 1
    pieces.push(text.slice(start, end))
    start = end
  }
  return pieces
}
