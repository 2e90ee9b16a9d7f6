import * as g from '../generated/graphql.ts'
import { requireRun } from '../request/pages.ts'
import type { CallOptions, Requests } from '../request/request.ts'
import { readTranscript } from '../streams/transcript.ts'
import type { TranscriptOptions } from '../streams/transcript.ts'
import type * as t from '../request/types.ts'
import type { Streams } from '../streams/watch.ts'

/** Sessions: live agents attached to a run, one per role. Only the run's owner may send the commands. */
export class Sessions {
  readonly #requests: Requests
  readonly #streams: Streams

  constructor(streams: Streams) {
    this.#requests = streams.requests
    this.#streams = streams
  }

  /**
   * Opens the session of a role, or adopts the live session of an earlier owner (`created: false`, with its `handle`).
   *
   * Problems: `IllegalSessionTransition`, `RunNotActive`, `LeaseLost`, `RunNotFound`, `IdempotencyMismatch`,
   * `InvalidInput`, `Forbidden`.
   */
  async open(runId: string, fields: t.Fields<g.OpenSessionInput, 'runId'>): Promise<t.OpenSessionResult> {
    return (await this.#requests.mutate(g.OpenSessionDocument, { ...fields, runId })).openSession
  }

  /**
   * Moves a session to its next status; a refusal lists the allowed next statuses in `allowedStatuses`.
   *
   * Problems: `IllegalSessionTransition`, `RunNotActive`, `LeaseLost`, `SessionNotFound`, `IdempotencyMismatch`,
   * `InvalidInput`, `Forbidden`.
   */
  async update(
    sessionId: string,
    status: g.SessionStatus,
    fields: t.Fields<g.UpdateSessionInput, 'sessionId' | 'status'> = {},
  ): Promise<t.UpdateSessionResult> {
    const input = { ...fields, sessionId, status }
    return (await this.#requests.mutate(g.UpdateSessionDocument, input)).updateSession
  }

  /**
   * Records a prompt: SENDING before it is sent, SENT afterwards. A `dedupKey` that is already SENT answers
   * `PromptAlreadySent`.
   *
   * Problems: `PromptAlreadySent`, `IllegalSessionTransition`, `IllegalTransition`, `UnknownPhase`, `RunNotActive`,
   * `LeaseLost`, `SessionNotFound`, `IdempotencyMismatch`, `InvalidInput`, `Forbidden`.
   */
  async recordPrompt(
    sessionId: string,
    fields: t.Fields<g.RecordPromptInput, 'sessionId'>,
  ): Promise<t.RecordPromptResult> {
    return (await this.#requests.mutate(g.RecordPromptDocument, { ...fields, sessionId })).recordPrompt
  }

  /**
   * Appends chunks to the transcript; the first chunk has number 1. Safe to repeat: chunks that already exist are
   * skipped. Answers with the `nextSeq` to continue from; `expectedSeq` of a `TranscriptGap` is the missing one.
   *
   * Problems: `TranscriptGap`, `LeaseLost`, `SessionNotFound`, `InvalidInput`, `Forbidden`.
   */
  async append(
    sessionId: string,
    { signal, retry, ...fields }: t.Fields<g.AppendTranscriptInput, 'sessionId'>,
  ): Promise<t.AppendTranscriptResult> {
    const input = { ...fields, sessionId }
    return (await this.#requests.query(g.AppendTranscriptDocument, { input }, { signal, retry }))
      .appendTranscript
  }

  /**
   * Streams every chunk of the transcript after the given `seq`, once and in order, until the session is over.
   * Reconnects automatically.
   */
  transcript(sessionId: string, options: TranscriptOptions = {}): AsyncIterableIterator<t.TranscriptChunk> {
    return readTranscript(this.#streams, sessionId, options)
  }

  /** A session with the state of its run, or null if the id is unknown. */
  async get(sessionId: string, options?: CallOptions): Promise<t.SessionDetail | null> {
    const { node } = await this.#requests.query(g.SessionDocument, { id: sessionId }, options)
    return node?.__typename === 'Session' ? node : null
  }

  /**
   * The sessions of a run, including those that are over.
   *
   * @throws PawlFault `RUN_NOT_FOUND`.
   */
  async list(runId: string, options?: CallOptions): Promise<t.Session[]> {
    const { run } = await this.#requests.query(g.SessionsDocument, { runId }, options)
    return requireRun(runId, run).sessions
  }
}
