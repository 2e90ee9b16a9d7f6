import { StringDecoder } from 'node:string_decoder'
import type { AgentFailure, AgentOutput } from '../kit/adapter.ts'
import type { Entry } from '../kit/entry.ts'
import { classifyFailure } from '../kit/modelError.ts'
import { EventLines } from './eventLines.ts'
import type { EventReader, EventSink } from './eventReader.ts'

/** What the events of a turn are read with. */
export interface TurnEventsOptions {
  readonly reader: EventReader
  readonly output: AgentOutput
  /** How long what is in progress counts as a sign of life, in milliseconds. */
  readonly busyMs: number
  /** What each counter that runs on showed last. */
  readonly counters: Readonly<Record<string, number>>
  /** Told the agent's own session id, as it says. */
  readonly begin: (session: string) => void
  /** Told each error that the agent names while it works on. */
  readonly hear: (failure: AgentFailure) => void
}

/** The events that an agent prints in one turn, as entries of the transcript. */
export class TurnEvents {
  readonly #options: TurnEventsOptions
  readonly #lines: EventLines
  readonly #errors = new StringDecoder('utf8')
  /** What is in progress, and since when. */
  readonly #busy = new Map<string, number>()
  readonly #counters: Record<string, number>
  #session: string | null = null
  #failure: AgentFailure | null = null
  #hasWorked = false

  constructor(options: TurnEventsOptions) {
    this.#options = options
    this.#counters = { ...options.counters }
    const { output, reader } = options
    const sink = this.#sink()
    this.#lines = new EventLines({
      takeEvent: (event) => reader(event, sink),
      takeText: (line) =>
        output.report({ kind: 'OUTPUT', stream: 'STDOUT', text: `${line}\n`, isPiece: true }),
    })
  }

  /** The error that ended the turn, as the agent names it. */
  get failure(): AgentFailure | null {
    return this.#failure
  }

  /** Whether it said or did anything that is work. */
  get hasWorked(): boolean {
    return this.#hasWorked
  }

  /** What each counter that runs on shows now. */
  get counters(): Readonly<Record<string, number>> {
    return this.#counters
  }

  /** Whether something is in progress during which no output is to be expected. */
  get isBusy(): boolean {
    const since = performance.now() - this.#options.busyMs
    return [...this.#busy.values()].some((startedAt) => startedAt > since)
  }

  /** Takes bytes of standard output. */
  takeOutput(bytes: Uint8Array): void {
    this.#lines.take(bytes)
  }

  /** Takes bytes of standard error. */
  takeErrors(bytes: Uint8Array): void {
    this.#reportErrors(this.#errors.write(bytes))
  }

  /** Takes what is left, now that nothing more comes. */
  end(): void {
    this.#lines.end()
    this.#reportErrors(this.#errors.end())
    this.#busy.clear()
    const { output } = this.#options
    if (this.#failure) output.report(entryOf(this.#failure))
    output.flush()
  }

  #reportErrors(text: string): void {
    if (text !== '') this.#options.output.report({ kind: 'OUTPUT', stream: 'STDERR', text, isPiece: true })
  }

  #sink(): EventSink {
    return {
      begin: (session) => {
        if (this.#session !== null) return
        this.#session = session
        this.#options.begin(session)
      },
      report: (entry) => {
        if (entry.kind !== 'ERROR' && entry.kind !== 'USAGE') this.#hasWorked = true
        if (entry.kind === 'TOOL_CALL') this.#noteCall(entry)
        this.#options.output.report(entry)
      },
      setBusy: (key, isBusy) => {
        if (isBusy) this.#busy.set(key, performance.now())
        else this.#busy.delete(key)
      },
      fail: (failure) => {
        this.#failure = failure
        if (failure) this.#options.hear(failure)
      },
      sinceLast: (counter, total) => {
        if (total === undefined) return undefined
        const before = this.#counters[counter] ?? 0
        this.#counters[counter] = total
        // a lower counter was reset
        return total < before ? total : total - before
      },
    }
  }

  #noteCall({ key, updates, status }: Extract<Entry, { kind: 'TOOL_CALL' }>): void {
    const name = updates ?? key
    if (name === undefined) return
    if (status === 'PENDING' || status === 'IN_PROGRESS') this.#busy.set(name, performance.now())
    else this.#busy.delete(name)
  }
}

/** The error by its class, where it is one of the model. */
function entryOf(failure: AgentFailure): Entry {
  const known = classifyFailure(failure, Date.now())
  const code = known?.class ?? failure.code
  return {
    kind: 'ERROR',
    text: failure.message,
    ...(code !== null && { code: String(code) }),
    ...(known?.resetAt != null && { resetAt: known.resetAt }),
  }
}
