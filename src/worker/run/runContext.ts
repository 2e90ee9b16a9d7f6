import { isAsking, unwrap } from '@pawl/sdk'
import type {
  CallOptions,
  DriveRunResult,
  OwnedRun,
  Pawl,
  PawlInterruptedError,
  Run,
  RunDetail,
  RunStep,
  SuccessOf,
} from '@pawl/sdk'
import type { WorkerConfig } from '../config/config.ts'
import type { DeclaredWorkflow } from './declared.ts'
import type { RunNewsFields, WorkerNews } from './news.ts'
import type { OwnDirectory } from '../../ownDirectories.ts'
import { RunLog } from './runLog.ts'
import { StepQueue, type StepOptions, type TakenStep } from './stepQueue.ts'
import type { OnStep, StepName } from './steps.ts'
import type { Backoff } from './backoff.ts'
import { RunLeftError, isOwnershipLost } from './trouble.ts'

/** What agents are started with. */
export interface AgentEnvironment {
  /** URL under which agents reach the server. */
  readonly url: string
  readonly env: NodeJS.ProcessEnv
  /** Parent of the sessions' private folders. */
  readonly stateRoot: string
}

/** Dependencies of driving a run, shared by all runs of a worker. */
export interface WorkerTools extends AgentEnvironment {
  readonly pawl: Pawl
  readonly config: WorkerConfig
  /** Called with each event, for people and programs that watch. */
  readonly report: (news: WorkerNews) => void
  readonly onStep: OnStep
  /** Whether the worker can work; see `Readiness`. */
  readonly isReady: () => Promise<boolean>
  /** Pawl's own directories, in which no agent may work. */
  readonly own: readonly OwnDirectory[]
  /** Backoff of runs whose directory is locked by another run. */
  readonly directoryBackoff: Backoff
  /** Of runs whose agent's model does not say when it can be asked again. */
  readonly modelBackoff: Backoff
  /** Whether the worker is draining: no further phase is begun. */
  readonly isDraining: () => boolean
  /** Whether agents are to be killed immediately. */
  readonly isHurried: () => boolean
}

/** How long a write may take after the owner was told to stop, in milliseconds: its answer carries the run's status. */
const LAST_WRITE_MS = 2_000

/** Retries until the server answers or the claim ends. */
const RETRY_UNTIL_ANSWERED = { attempts: Infinity, minDelayMs: 100, maxDelayMs: 1_000, timeoutMs: 10_000 }

/** One owned run, as its worker reads and writes it. */
export class RunContext {
  readonly tools: WorkerTools
  readonly owned: OwnedRun
  readonly workflow: DeclaredWorkflow
  readonly log: RunLog
  readonly #steps: StepQueue
  readonly #over = new AbortController()
  readonly #writing = new AbortController()
  #hasLeft = false
  #latest: Run
  /** When the request was sent whose answer `latest` is at least as new as, as `performance.now()`. */
  #latestAsOf = performance.now()
  #quietSince = 0

  constructor(tools: WorkerTools, owned: OwnedRun, workflow: DeclaredWorkflow) {
    this.tools = tools
    this.owned = owned
    this.workflow = workflow
    this.#latest = owned.run
    this.#steps = new StepQueue(async (steps, options) => {
      const asOf = performance.now()
      const answer = await owned.together(steps, { ...options, ...this.call })
      this.#look(answer, asOf)
      return answer
    })
    this.log = new RunLog(tools.pawl, owned.run.id, this.#over.signal)
    if (this.signal.aborted) this.#stopWriting()
    else this.signal.addEventListener('abort', () => this.#stopWriting(), { once: true })
  }

  get runId(): string {
    return this.owned.run.id
  }

  /** Aborts when the owner has to stop. */
  get signal(): AbortSignal {
    return this.owned.signal
  }

  /** Options of every call to the server: it is retried until it is answered or the owner had to stop. */
  get call(): CallOptions {
    return { signal: this.#writing.signal, retry: RETRY_UNTIL_ANSWERED }
  }

  /** Reports an event of this run. */
  report(news: RunNewsFields): void {
    this.tools.report({ ...news, runId: this.runId })
  }

  /** The run as of the server's latest answer. */
  get latest(): Run {
    return this.#latest
  }

  /** Notes that an agent works from now on: its own commands may change the run at any moment. */
  noteTurn(): void {
    this.#quietSince = Infinity
  }

  /** Notes that the agent does not work any more: it gives no further command. */
  noteQuiet(): void {
    this.#quietSince = performance.now()
  }

  /**
   * The run with everything that this run's agents have done to it: by the latest answer where that was asked for after their last
   * turn, else it is read.
   */
  async current(): Promise<Run> {
    return this.#latestAsOf >= this.#quietSince ? this.#latest : this.readRun()
  }

  /** As `current`, once no question is open that the agent asked in the middle of its turn. */
  async currentAnswered(): Promise<Run> {
    for (let run = await this.current(); ; run = await this.readRun()) {
      if (!isAsking(run)) return run
      const ended = this.log.next(this.signal, () => this.log.questionId === null)
      ended.catch(() => undefined)
      await this.log.reach(run.revision, this.signal)
      if (this.log.questionId !== null) await ended
    }
  }

  /**
   * Reads the run from the server, and its log up to the run's revision. Needed only for what the answers to this
   * owner's commands don't contain: commands of others, and missing evidence.
   *
   * @throws RunLeftError if the run no longer exists
   */
  async readRun(): Promise<RunDetail> {
    const asOf = performance.now()
    const run = await this.tools.pawl.runs.get(this.runId, this.call)
    if (!run) throw new RunLeftError('The run is gone')
    this.#notice(run, asOf)
    await this.log.reach(run.revision, this.signal)
    return run
  }

  /**
   * Awaits the answer to an owner's command that is sent now, and unwraps its success. The run in the answer, also in a refusal,
   * becomes `latest`.
   *
   * @throws as `accept`
   */
  async command<Result extends { readonly __typename: string }>(
    answer: Promise<Result>,
  ): Promise<SuccessOf<Result>> {
    const asOf = performance.now()
    return this.accept(await answer, asOf)
  }

  /**
   * Sends commands of the owner in their order, none after one that was refused, together with those that wait to be sent.
   *
   * @returns the answer to each; it rejects as `command`
   */
  take(steps: readonly RunStep[], options?: StepOptions): Promise<TakenStep>[] {
    return this.#steps.take(steps, options)
  }

  /** As `take`, of one command. */
  async takeOne(step: RunStep, options?: StepOptions): Promise<TakenStep> {
    const [taken] = this.#steps.take([step], options)
    return taken as Promise<TakenStep>
  }

  /**
   * Unwraps the successful result of an owner's command; its run becomes `latest`.
   *
   * @param asOf when the command was sent, as `performance.now()`; 0 if that is not known
   * @throws RunLeftError if this owner no longer drives the run, PawlProblem for any other refusal
   */
  accept = <Result extends { readonly __typename: string }>(result: Result, asOf = 0): SuccessOf<Result> => {
    if ('run' in result) this.#notice(result.run as Run | null, asOf)
    this.#hasLeft ||= isOwnershipLost(result)
    if (this.#hasLeft) throw new RunLeftError(`The server answered ${result.__typename}`)
    return unwrap(result)
  }

  /** Whether this owner no longer drives the run, so that nothing more may be written. */
  get hasLeft(): boolean {
    return this.#hasLeft || this.signal.aborted
  }

  /**
   * Marks a boundary between two steps.
   *
   * @throws the signal's reason if the owner has to stop
   */
  async step(name: StepName): Promise<void> {
    await this.tools.onStep(name)
    this.signal.throwIfAborted()
  }

  /** Stops following the log and aborts every call under way. */
  async end(): Promise<void> {
    this.#over.abort()
    this.#writing.abort()
  }

  /** Notes the run in the answer to several commands. @throws RunLeftError if this owner no longer drives it */
  #look(answer: DriveRunResult, asOf: number): void {
    if ('run' in answer) this.#notice(answer.run, asOf)
    const refusal = answer.__typename === 'StepRefused' ? answer.refusal : answer
    this.#hasLeft ||= isOwnershipLost(refusal)
    if (this.#hasLeft) throw new RunLeftError(`The server answered ${refusal.__typename}`)
  }

  /** Keeps the newest revision: answers may arrive out of order, and some carry another run. */
  #notice(run: Run | null, asOf: number): void {
    if (run?.id !== this.runId || run.revision < this.#latest.revision) return
    this.#latest = run
    this.#latestAsOf = Math.max(this.#latestAsOf, asOf)
  }

  #stopWriting(): void {
    const { why } = this.signal.reason as PawlInterruptedError
    const isReachable = why === 'PAUSE' || why === 'CANCEL' || why === 'STOP'
    if (!isReachable) return this.#writing.abort(this.signal.reason)
    const timer = setTimeout(() => this.#writing.abort(this.signal.reason), LAST_WRITE_MS)
    this.#writing.signal.addEventListener('abort', () => clearTimeout(timer), { once: true })
  }
}
