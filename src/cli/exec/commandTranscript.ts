import { StringDecoder } from 'node:string_decoder'
import { unwrap } from '@pawl/sdk'
import type { LeaseKeeper, Pawl, SessionStatus } from '@pawl/sdk'
import { findSecrets } from '../../adapters/transcript/secrets.ts'
import { TranscriptWriter } from '../../adapters/transcript/transcriptWriter.ts'
import type { OutputListener } from './relayOutput.ts'

/** The role of the session that a command has, and its adapter's name. */
const SESSION = { role: 'command', adapter: 'exec' } as const

/** How long the command may wait for its session, in milliseconds. */
const OPENING_TAKES_MS = 2_000

/** A single attempt for each append; the writer repeats it. */
const ONCE = { attempts: 1, timeoutMs: 10_000 }

/** The steps of a session until its agent is at work. */
const TO_WORK: readonly SessionStatus[] = ['BOOTSTRAPPING', 'READY', 'BUSY']

/** What a command prints, as the transcript of a session of its run: masked and bounded as every agent's. */
export class CommandTranscript implements OutputListener {
  readonly #writer: TranscriptWriter
  readonly #errors = new StringDecoder('utf8')
  readonly #atWork: Promise<unknown>
  #areErrorsLast = false

  private constructor(writer: TranscriptWriter, atWork: Promise<unknown>) {
    this.#writer = writer
    this.#atWork = atWork
  }

  /**
   * Opens the session of the command.
   *
   * @param env the command's environment, whose secrets are masked
   * @throws PawlProblem where the server refuses it, PawlConnectionError where it does not answer in time
   */
  static async open(
    pawl: Pawl,
    { runId, fence }: LeaseKeeper,
    env: NodeJS.ProcessEnv,
  ): Promise<CommandTranscript> {
    const retry = { attempts: 1, timeoutMs: OPENING_TAKES_MS }
    const { session } = unwrap(await pawl.sessions.open(runId, { ...SESSION, fence, retry }))
    const writer = new TranscriptWriter({
      fence,
      secrets: findSecrets(env),
      append: (fromSeq, entries, signal) =>
        pawl.sessions.append(session.id, { fence, fromSeq, entries, signal, retry: ONCE }),
    })
    const steps = TO_WORK.map((status) => ({ updateSession: { sessionId: session.id, status } }))
    // A run that its agent has settled by now does not need it, nor a session that an earlier command of the run has left.
    const atWork = session.status === 'CREATED' ? pawl.runs.drive(runId, steps, { fence, retry }) : undefined
    return new CommandTranscript(writer, Promise.allSettled([atWork]))
  }

  write(bytes: Uint8Array): void {
    if (this.#areErrorsLast) this.#writer.flush()
    this.#areErrorsLast = false
    this.#writer.write(bytes)
  }

  writeErrors(bytes: Uint8Array): void {
    this.#reportErrors(this.#errors.write(Buffer.from(bytes)))
  }

  /** Writes what is left, in a few seconds at most. Returns whether that was all of it. */
  async close(): Promise<boolean> {
    this.#reportErrors(this.#errors.end())
    const [isWhole] = await Promise.all([this.#writer.close(), this.#atWork])
    return isWhole
  }

  #reportErrors(text: string): void {
    if (text === '') return
    this.#areErrorsLast = true
    this.#writer.report({ kind: 'OUTPUT', stream: 'STDERR', text, isPiece: true })
  }
}
