import { unwrap } from '@pawl/sdk'
import type { CallOptions, OwnedRun, Pawl, PawlInterruptedError, Run, RunDetail, SuccessOf } from '@pawl/sdk'
import type { WorkerConfig } from '../config/config.ts'
import type { DeclaredWorkflow } from './declared.ts'
import type { RunNewsFields, WorkerNews } from './news.ts'
import type { OwnDirectory } from '../../ownDirectories.ts'
import { RunLog } from './runLog.ts'
import type { OnStep, StepName } from './steps.ts'
import type { DirectoryBackoff } from './directoryBackoff.ts'
import { RunLeftError, isOwnershipLost } from './trouble.ts'

/** How agents are reached. */
export interface AgentEnvironment {
  /** The server, as agents reach it. */
  readonly url: string
  readonly env: NodeJS.ProcessEnv
  /** Below it each session has a private folder. */
  readonly stateRoot: string
}

/** What a worker drives runs with. */
export interface WorkerTools extends AgentEnvironment {
  readonly pawl: Pawl
  readonly config: WorkerConfig
  /** Told of what happens, for people and programs that watch. */
  readonly report: (news: WorkerNews) => void
  readonly onStep: OnStep
  /** Whether the worker can work: its disk takes files, its agents' commands are there. */
  readonly isReady: () => Promise<boolean>
  /** Directories of Pawl's own, which no agent is to work in. */
  readonly own: readonly OwnDirectory[]
  /** How long runs are put off whose directory another run works in. */
  readonly directoryBackoff: DirectoryBackoff
  /** Whether the worker takes its leave: no further phase is begun. */
  readonly isDraining: () => boolean
  /** Whether there is no time left: agents are killed. */
  readonly isHurried: () => boolean
}

/** How long a write may take after the owner was told to stop, in milliseconds: its answer says how the run stands. */
const LAST_WRITE_MS = 2_000

/** Asked until the server answers, or the claim ends. */
const RETRY_UNTIL_ANSWERED = { attempts: Infinity, minDelayMs: 100, maxDelayMs: 1_000, timeoutMs: 10_000 }

/** One owned run as its worker reads and writes it. */
export class RunContext {
  readonly tools: WorkerTools
  readonly owned: OwnedRun
  readonly workflow: DeclaredWorkflow
  readonly log: RunLog
  readonly #over = new AbortController()
  readonly #writing = new AbortController()
  #hasLeft = false
  #latest: Run

  constructor(tools: WorkerTools, owned: OwnedRun, workflow: DeclaredWorkflow) {
    this.tools = tools
    this.owned = owned
    this.workflow = workflow
    this.#latest = owned.run
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

  /** What every call to the server takes: it is tried again until it is answered, or the owner had to stop. */
  get call(): CallOptions {
    return { signal: this.#writing.signal, retry: RETRY_UNTIL_ANSWERED }
  }

  /** Tells those who watch. */
  report(news: RunNewsFields): void {
    this.tools.report({ ...news, runId: this.runId })
  }

  /** The run as the last answer of the server had it. */
  get latest(): Run {
    return this.#latest
  }

  /**
   * Reads the run from the server, and its log up to there. Only for what the answers to this owner's commands can't tell: commands of
   * others, and the evidence that is missing.
   *
   * @throws RunLeftError where it is gone
   */
  async readRun(): Promise<RunDetail> {
    const run = await this.tools.pawl.runs.get(this.runId, this.call)
    if (!run) throw new RunLeftError('The run is gone')
    this.#notice(run)
    await this.log.reach(run.revision, this.signal)
    return run
  }

  /**
   * The success of a command of the owner. The run that the answer carries, a refusal's too, becomes the latest.
   *
   * @throws RunLeftError where the run is not this owner's to drive any more, PawlProblem with any other refusal
   */
  accept = <Result extends { readonly __typename: string }>(result: Result): SuccessOf<Result> => {
    if ('run' in result) this.#notice(result.run as Run | null)
    this.#hasLeft ||= isOwnershipLost(result)
    if (this.#hasLeft) throw new RunLeftError(`The server answered ${result.__typename}`)
    return unwrap(result)
  }

  /** Whether nothing is to be written any more. */
  get hasLeft(): boolean {
    return this.#hasLeft || this.signal.aborted
  }

  /**
   * Marks a boundary between two steps.
   *
   * @throws the signal's reason where the owner has to stop
   */
  async step(name: StepName): Promise<void> {
    await this.tools.onStep(name)
    this.signal.throwIfAborted()
  }

  /** Reads and writes nothing more. */
  async end(): Promise<void> {
    this.#over.abort()
    this.#writing.abort()
  }

  /** Answers may arrive in another order than that in which the server decided; some carry another run. */
  #notice(run: Run | null): void {
    if (run?.id === this.runId && run.revision >= this.#latest.revision) this.#latest = run
  }

  #stopWriting(): void {
    const { why } = this.signal.reason as PawlInterruptedError
    const isReachable = why === 'PAUSE' || why === 'CANCEL' || why === 'STOP'
    if (!isReachable) return this.#writing.abort(this.signal.reason)
    const timer = setTimeout(() => this.#writing.abort(this.signal.reason), LAST_WRITE_MS)
    this.#writing.signal.addEventListener('abort', () => clearTimeout(timer), { once: true })
  }
}
