import * as g from '../generated/graphql.ts'
import { PawlFault } from '../kit/errors.ts'
import { asType, readAll, requireRun } from '../request/pages.ts'
import type { CallOptions, Requests } from '../request/request.ts'
import { readTranscript, toEntry } from '../streams/transcript.ts'
import type { TranscriptOptions } from '../streams/transcript.ts'
import type * as t from '../request/types.ts'
import type { Streams } from '../streams/watch.ts'

/** Which page of a transcript, and its size: default 50, at most 500. */
export interface TranscriptPageFields extends CallOptions {
  /** How many from the start. */
  readonly first?: number | undefined
  /** The `seq` of an entry: only those after it. */
  readonly after?: number | undefined
  /** How many from the end. */
  readonly last?: number | undefined
  /** The `seq` of an entry: only those before it. */
  readonly before?: number | undefined
  /** Only entries of these kinds. Default: all. */
  readonly kinds?: readonly g.EntryKind[] | undefined
}

/** Which transcripts to search, and which page of what is found. */
export type SearchTranscriptsFields = g.TranscriptFilter & t.PageFields & CallOptions

/** Sessions: live agents attached to a run, one per role. Only the run's owner may send the commands. */
export class Sessions {
  readonly #requests: Requests
  readonly #streams: Streams

  constructor(streams: Streams) {
    this.#requests = streams.requests
    this.#streams = streams
  }

  /**
   * Opens the session of a role, or adopts the live session of an earlier owner (`isNew: false`, with its `handle`).
   *
   * Problems: `IllegalSessionTransition`, `RunNotActive`, `LeaseLost`, `RevisionConflict`, `NotFound`,
   * `IdempotencyMismatch`, `InvalidInput`, `Forbidden`.
   */
  async open(runId: string, fields: t.Fields<g.OpenSessionInput, 'runId'>): Promise<t.OpenSessionResult> {
    return this.#requests.mutate(g.OpenSessionDocument, { ...fields, runId })
  }

  /**
   * Moves a session to its next status; a refusal lists the allowed next statuses in `allowedStatuses`.
   *
   * Problems: `IllegalSessionTransition`, `RunNotActive`, `LeaseLost`, `RevisionConflict`, `NotFound`,
   * `IdempotencyMismatch`, `InvalidInput`, `Forbidden`.
   */
  async update(
    sessionId: string,
    status: g.SessionStatus,
    fields: t.Fields<g.UpdateSessionInput, 'sessionId' | 'status'> = {},
  ): Promise<t.UpdateSessionResult> {
    const input = { ...fields, sessionId, status }
    return this.#requests.mutate(g.UpdateSessionDocument, input)
  }

  /**
   * Records a prompt: SENDING before it is sent, SENT afterwards. A `dedupKey` that is already SENT answers
   * `PromptAlreadySent`.
   *
   * Problems: `PromptAlreadySent`, `IllegalSessionTransition`, `IllegalTransition`, `UnknownPhase`, `RunNotActive`,
   * `LeaseLost`, `RevisionConflict`, `NotFound`, `IdempotencyMismatch`, `InvalidInput`, `Forbidden`.
   */
  async recordPrompt(
    sessionId: string,
    fields: t.Fields<g.RecordPromptInput, 'sessionId'>,
  ): Promise<t.RecordPromptResult> {
    return this.#requests.mutate(g.RecordPromptDocument, { ...fields, sessionId })
  }

  /**
   * Appends entries to the transcript; the first entry has number 1. Safe to repeat: entries that already exist are
   * skipped. Answers with the `nextSeq` to continue from; `expectedSeq` of a `TranscriptGap` is the missing one.
   *
   * Problems: `TranscriptGap`, `LeaseLost`, `NotFound`, `InvalidInput`, `Forbidden`.
   */
  async append(
    sessionId: string,
    fields: t.Fields<g.AppendTranscriptInput, 'sessionId'>,
  ): Promise<t.AppendTranscriptResult> {
    return this.#requests.queryWith(g.AppendTranscriptDocument, { ...fields, sessionId })
  }

  /**
   * Streams every entry of the transcript after the given `seq`, once and in order, until the session is over.
   * Reconnects automatically. `foldTranscript` puts updates into the entries that they update.
   */
  transcript(sessionId: string, options: TranscriptOptions = {}): AsyncIterableIterator<t.TranscriptEntry> {
    return readTranscript(this.#streams, sessionId, options)
  }

  /**
   * One page of a transcript, oldest first. One that grows large is short: `pageInfo` says whether there is more.
   *
   * @throws PawlFault `SESSION_NOT_FOUND`.
   */
  async entries(
    sessionId: string,
    { after, before, ...fields }: TranscriptPageFields = {},
  ): Promise<t.Page<t.TranscriptEntry>> {
    const node = await this.#requests.query(g.TranscriptPageDocument, {
      ...fields,
      sessionId,
      after: after?.toString(),
      before: before?.toString(),
    })
    if (node?.__typename !== 'Session')
      throw new PawlFault(`There is no session ${sessionId}`, 'SESSION_NOT_FOUND')
    const { nodes, pageInfo } = node.transcript
    return { nodes: nodes.map(toEntry), pageInfo }
  }

  /** Entries of transcripts that hold a text of 3 to 200 characters, newest first; output only within a run or a session. */
  async search(text: string, fields: SearchTranscriptsFields = {}): Promise<t.Page<t.TranscriptMatch>> {
    const { runId, sessionId, kinds, ...page } = fields
    const filter = { runId, sessionId, kinds }
    return this.#requests.query(g.SearchTranscriptsDocument, { ...page, text, filter })
  }

  /** A session with the state of its run, or null if the id is unknown. */
  async get(sessionId: string, options?: CallOptions): Promise<t.SessionDetail | null> {
    const node = await this.#requests.query(g.SessionDocument, { ...options, id: sessionId })
    return asType(node, 'Session')
  }

  /**
   * One page of the sessions of a run, including those that are over, newest first.
   *
   * @throws PawlFault `RUN_NOT_FOUND`.
   */
  async list(runId: string, page: t.PageFields & CallOptions = {}): Promise<t.Page<t.Session>> {
    const run = await this.#requests.query(g.SessionsDocument, { ...page, runId })
    return requireRun(runId, run).sessions
  }

  /**
   * Every session of a run, newest first, read page by page as the loop goes on.
   *
   * @throws PawlFault `RUN_NOT_FOUND`.
   */
  all(runId: string, options: CallOptions = {}): AsyncGenerator<t.Session, undefined> {
    return readAll((page) => this.list(runId, { ...options, ...page }))
  }
}
