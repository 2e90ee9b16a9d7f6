import { setTimeout as sleep } from 'node:timers/promises'
import type { Pawl, RunEvent } from '@pawl/sdk'
import { NO_PROGRESS, applyEvent } from './phaseProgress.ts'
import type { PhaseProgress } from './phaseProgress.ts'
import { NO_QUESTIONS, noteQuestion } from './questionTimes.ts'

/** Delay before following a log again after an error, in milliseconds. */
const RETRY_DELAY_MS = 500

/**
 * Follows a run's log from its first event while the run is owned. Keeps the progress of each phase, not the events.
 */
export class RunLog {
  readonly #phases = new Map<string, PhaseProgress>()
  readonly #listeners = new Set<(event: RunEvent) => void>()
  #base = NO_PROGRESS
  #lastMove = 0
  readonly #visited = new Map<number, Set<string>>()
  #questions = NO_QUESTIONS

  constructor(pawl: Pawl, runId: string, signal: AbortSignal) {
    void this.#follow(pawl, runId, signal)
  }

  /** `seq` of the last event read; 0 before the first. */
  get seq(): number {
    return this.#base.seq
  }

  /** `seq` of the last event read that may have moved the run on; 0 before the first. */
  get lastMove(): number {
    return this.#lastMove
  }

  /** Keys of the phases that were started in a round, as far as the log has been read. */
  visited(round: number): ReadonlySet<string> {
    return this.#visited.get(round) ?? new Set()
  }

  /** The question that the agent asks in the middle of its turn; null if none is open. */
  get questionId(): string | null {
    return this.#questions.open?.id ?? null
  }

  /** When the last such question ended, as `performance.now()`; 0 before the first. */
  get answeredAt(): number {
    return this.#questions.answeredAt
  }

  /** For how long such questions were open since a moment, in milliseconds: time limits are suspended for that time. */
  askedMs(since: number, now: number): number {
    const { open, waits } = this.#questions
    const all = open ? [...waits, { from: open.from, to: now }] : waits
    return all.reduce((sum, { from, to }) => sum + Math.max(0, to - Math.max(from, since)), 0)
  }

  /** Progress of a phase, as far as the log has been read. */
  progress(phaseId: string): PhaseProgress {
    return this.#phases.get(phaseId) ?? this.#base
  }

  /**
   * Resolves when the log has been read up to `seq`.
   *
   * @throws the signal's reason when it aborts
   */
  async reach(seq: number, signal: AbortSignal): Promise<void> {
    if (this.#base.seq < seq) await this.next(signal, () => this.#base.seq >= seq)
  }

  /**
   * Resolves at the next event for which `isMeant` returns true.
   *
   * @throws the signal's reason when it aborts
   */
  next(signal: AbortSignal, isMeant: (event: RunEvent) => boolean): Promise<void> {
    return new Promise((resolve, reject) => {
      const end = () => {
        this.#listeners.delete(hear)
        signal.removeEventListener('abort', abort)
      }
      const abort = () => {
        end()
        reject(signal.reason as Error)
      }
      const hear = (event: RunEvent) => {
        if (!isMeant(event)) return
        end()
        resolve()
      }
      if (signal.aborted) return reject(signal.reason as Error)
      signal.addEventListener('abort', abort)
      this.#listeners.add(hear)
    })
  }

  async #follow(pawl: Pawl, runId: string, signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      try {
        for await (const event of pawl.runs.events(runId, { after: this.#base.seq, signal }))
          this.#take(event)
        return
      } catch {
        // Retries until the server is reachable again or the claim ends.
        await sleep(RETRY_DELAY_MS, undefined, { signal }).catch(() => undefined)
      }
    }
  }

  #take(event: RunEvent): void {
    if (event.type === 'PHASE_STARTED') this.#begin(event.payload)
    this.#base = applyEvent(this.#base, event, '')
    if (mayMove(event)) this.#lastMove = event.seq
    this.#questions = noteQuestion(this.#questions, event, performance.now())
    for (const [id, progress] of this.#phases) this.#phases.set(id, applyEvent(progress, event, id))
    for (const listener of this.#listeners) listener(event)
  }

  #begin({
    id,
    phase,
    round,
  }: {
    readonly id: string
    readonly phase: string
    readonly round: number
  }): void {
    if (!this.#phases.has(id)) this.#phases.set(id, this.#base)
    const visited = this.#visited.get(round) ?? new Set()
    this.#visited.set(round, visited.add(phase))
  }
}

/** Whether an event may have moved the run to another phase or status. */
export function mayMove({ type }: RunEvent): boolean {
  return /^(PHASE|RUN|ROUND|APPROVAL)_/.test(type)
}

/**
 * Resolves, to false, when no question is open in the middle of a turn.
 *
 * @throws the signal's reason when it aborts
 */
export async function answered(log: RunLog, signal: AbortSignal): Promise<false> {
  if (log.questionId !== null) await log.next(signal, () => log.questionId === null)
  return false
}
