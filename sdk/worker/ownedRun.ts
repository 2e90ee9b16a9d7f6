import { type AskFields, askInTurn } from './askInTurn.ts'
import type { PawlInterruptedError } from '../kit/errors.ts'
import type * as g from '../generated/graphql.ts'
import type { Approvals } from '../client/approvals.ts'
import type { Artifacts } from '../client/artifacts.ts'
import type { Executions } from '../client/executions.ts'
import type { LeaseKeeper } from './leaseKeeper.ts'
import type { Messages } from '../client/messages.ts'
import type { Phases, Rounds } from '../client/phases.ts'
import type { CallOptions } from '../request/request.ts'
import { isSuccess } from '../request/results.ts'
import type { Runs } from '../client/runs.ts'
import type { Sessions } from '../client/sessions.ts'
import type * as t from '../request/types.ts'
import type { Workers } from '../client/workers.ts'
import type { Workspaces } from '../client/workspaces.ts'

/** The parts of a client that an owner uses. */
export interface OwnerCommands {
  readonly runs: Runs
  readonly phases: Phases
  readonly rounds: Rounds
  readonly executions: Executions
  readonly sessions: Sessions
  readonly artifacts: Artifacts
  readonly approvals: Approvals
  readonly messages: Messages
  readonly workers: Workers
  readonly workspaces: Workspaces
}

/**
 * A run that this program has claimed. Every write carries the claim's fence; a write refused because the claim is lost
 * aborts `signal`.
 */
export class OwnedRun {
  /** The run as it was when it was claimed. */
  readonly run: t.RunDetail
  /** The AGENT token for the run's agent, valid only for this claim; null if the server returned none. */
  readonly agentToken: string | null
  readonly #pawl: OwnerCommands
  readonly #keeper: LeaseKeeper
  #isOver = false

  constructor(
    pawl: OwnerCommands,
    keeper: LeaseKeeper,
    claim: { run: t.RunDetail; agentToken: string | null },
  ) {
    this.#pawl = pawl
    this.#keeper = keeper
    this.run = claim.run
    this.agentToken = claim.agentToken
  }

  /** Aborts when the work has to stop: a pause, a cancel, a stop, a lost lease. Its reason is a PawlInterruptedError. */
  get signal(): AbortSignal {
    return this.#keeper.signal
  }

  /** Why the work has to stop; undefined while it may continue. */
  get interruption(): PawlInterruptedError['why'] | undefined {
    return this.signal.aborted ? (this.signal.reason as PawlInterruptedError).why : undefined
  }

  /** Whether the claim has ended: the run was settled or released through this object, or the lease is lost. */
  get isOver(): boolean {
    return this.#isOver || this.#keeper.lost
  }

  /** How long the lease lasts at least unless renewed, in milliseconds by this program's clock; 0 once it is lost. */
  get remainingMs(): number {
    return this.#keeper.remainingMs
  }

  /** The phases of this run; as `pawl.phases`, without id and fence. */
  readonly phases = {
    start: (phase: string, fields: OwnedFields<g.StartPhaseInput, 'phase'> = {}) =>
      this.#write(this.#pawl.phases.start(this.#id, phase, this.#fence(fields))),
    advance: (to: string, fields: OwnedFields<g.AdvancePhaseInput, 'to'> = {}) =>
      this.#write(this.#pawl.phases.advance(this.#id, to, this.#fence(fields))),
    fail: (phase: string, fields: OwnedFields<g.FailPhaseInput, 'phase'>) =>
      this.#write(this.#pawl.phases.fail(this.#id, phase, this.#fence(fields))),
  }

  /** The rounds of this run; as `pawl.rounds`. */
  readonly rounds = {
    complete: (fields: OwnedFields<g.CompleteRoundInput> = {}) =>
      this.#write(this.#pawl.rounds.complete(this.#id, this.#fence(fields))),
  }

  /** Processes of this run; as `pawl.executions`. */
  readonly executions = {
    start: (fields: OwnedFields<g.StartExecutionInput>) =>
      this.#write(this.#pawl.executions.start({ ...this.#fence(fields), runId: this.#id })),
    finish: (
      executionId: string,
      fields: Omit<g.FinishExecutionInput, 'executionId' | 'fence'> = {},
      options?: CallOptions,
    ) => this.#pawl.executions.finish(executionId, this.#fence(fields), options),
  }

  /** The sessions of this run; as `pawl.sessions`. */
  readonly sessions = {
    open: (fields: OwnedFields<g.OpenSessionInput>) =>
      this.#write(this.#pawl.sessions.open(this.#id, this.#fence(fields))),
    update: (
      sessionId: string,
      status: g.SessionStatus,
      fields: OwnedRowFields<g.UpdateSessionInput, 'status'> = {},
    ) => this.#write(this.#pawl.sessions.update(sessionId, status, this.#fence(fields))),
    recordPrompt: (sessionId: string, fields: OwnedRowFields<g.RecordPromptInput>) =>
      this.#write(this.#pawl.sessions.recordPrompt(sessionId, this.#fence(fields))),
    append: (sessionId: string, fields: OwnedRowFields<g.AppendTranscriptInput>) =>
      this.#write(this.#pawl.sessions.append(sessionId, this.#fence(fields))),
    list: (page?: t.PageFields & CallOptions) => this.#pawl.sessions.list(this.#id, page),
  }

  /** The files of this run; as `pawl.artifacts`. */
  readonly artifacts = {
    submit: (phase: string, fields: OwnedFields<g.SubmitArtifactInput, 'phase'>) =>
      this.#write(this.#pawl.artifacts.submit(this.#id, phase, this.#fence(fields))),
    list: (page?: t.PageFields & CallOptions) => this.#pawl.artifacts.list(this.#id, page),
  }

  /**
   * The questions of this run; as `pawl.approvals`. `request` of a REVIEW or a RECOVERY interrupts: the answer may come
   * days later. `ask` asks a PERMISSION or a QUESTION in the middle of a turn, and its success has the approval as it
   * ended: ALLOWED, ALLOWED_ALWAYS, DENIED, ANSWERED, DECLINED, EXPIRED (nobody answered, which is no denial) or VOID.
   * One is open per run: others wait for their turn, and expire from when they are shown. An aborted `signal` withdraws
   * it.
   */
  readonly approvals = {
    ask: (fields: AskFields, options: { readonly signal?: AbortSignal | undefined } = {}) =>
      askInTurn(
        {
          approvals: this.#pawl.approvals,
          runId: this.#id,
          signal: this.signal,
          request: (asked) => this.approvals.request(asked),
          withdraw: (approvalId) => this.approvals.withdraw(approvalId),
        },
        fields,
        options.signal,
      ),
    withdraw: (approvalId: string, fields: OwnedRowFields<g.WithdrawApprovalInput> = {}) =>
      this.#write(this.#pawl.approvals.withdraw(approvalId, this.#fence(fields))),
    request: (fields: OwnedFields<g.RequestApprovalInput>) =>
      this.#write(this.#pawl.approvals.request(this.#id, this.#fence(fields))),
    list: (page?: t.PageFields & CallOptions) => this.#pawl.approvals.list({ ...page, runId: this.#id }),
  }

  /** The directory this run works in; as `pawl.workspaces`. */
  readonly workspaces = {
    record: (fields: OwnedFields<g.RecordWorkspaceInput>) =>
      this.#write(this.#pawl.workspaces.record(this.#id, this.#fence(fields))),
    get: (options?: CallOptions) => this.#pawl.workspaces.get(this.#id, options),
  }

  /**
   * The messages to this run's owner: `for await (const message of owned.messages)` gives each once, until the work has to stop or
   * the claim ends.
   */
  readonly messages = {
    [Symbol.asyncIterator]: () => this.#keeper.messages[Symbol.asyncIterator](),
    acknowledge: (
      messageId: string,
      receipt: g.Receipt,
      fields: OwnedRowFields<g.AcknowledgeMessageInput, 'receipt'> = {},
    ) => this.#write(this.#pawl.messages.acknowledge(messageId, receipt, this.#fence(fields))),
  }

  /**
   * Takes several commands of this run in one write: `owned.together([{ advancePhase: { to: 'test' } }, { startPhase: { phase: 'test' } }])`.
   * As `pawl.runs.drive`, without id and fence. A step that settles the run ends the claim.
   */
  async together(
    steps: readonly g.RunStep[],
    fields: OwnedFields<g.DriveRunInput, 'steps'> = {},
  ): Promise<t.DriveRunResult> {
    const answer = this.#pawl.runs.drive(this.#id, steps, this.#fence(fields))
    const result = await this.#write(answer)
    const taken = 'steps' in result ? result.steps : []
    if (taken.some(({ command }) => command === 'COMPLETE' || command === 'FAIL')) this.#end()
    return result
  }

  /** Ends the run as COMPLETED if the server has all required evidence. */
  complete(fields: OwnedFields<g.CompleteRunInput> = {}): Promise<t.CompleteRunResult> {
    return this.#writeLast(this.#pawl.runs.complete(this.#id, this.#fence(fields)))
  }

  /** Ends the run as FAILED. */
  fail(fields: OwnedFields<g.FailRunInput>): Promise<t.FailRunResult> {
    return this.#writeLast(this.#pawl.runs.fail(this.#id, this.#fence(fields)))
  }

  /** Releases the run, so that another owner can claim it. */
  release(fields: OwnedFields<g.ReleaseRunInput> = {}): Promise<t.ReleaseRunResult> {
    return this.#writeLast(this.#pawl.runs.release(this.#id, this.#fence(fields)))
  }

  /** Confirms a cancel, once the processes are gone. */
  confirmCancel(fields: OwnedFields<g.ConfirmCancelInput> = {}): Promise<t.ConfirmCancelResult> {
    return this.#writeLast(this.#pawl.runs.confirmCancel(this.#id, this.#fence(fields)))
  }

  /**
   * Stops renewing without releasing the run, so that nobody else can claim it before the lease expires. For an owner
   * that cannot prove that its processes are gone.
   */
  letExpire(): void {
    this.#end()
  }

  /** The fence of this claim, carried by every write through this object. */
  get fence(): number {
    return this.#keeper.fence
  }

  get #id(): string {
    return this.run.id
  }

  #fence<Given extends object>(fields: Given): Given & { fence: number } {
    return { ...fields, fence: this.#keeper.fence }
  }

  async #write<R extends { readonly __typename: string }>(answer: Promise<R>): Promise<R> {
    const result = await answer
    const refusal = refusalOf(result)
    if (isClaimLost(refusal)) this.#keeper.applyDirective('LEASE_LOST')
    const directive = directiveOf(refusal)
    if (directive) this.#keeper.applyDirective(directive)
    return result
  }

  async #writeLast<R extends { readonly __typename: string }>(answer: Promise<R>): Promise<R> {
    const result = await this.#write(answer)
    if (isSuccess(result)) this.#end()
    return result
  }

  #end(): void {
    this.#isOver = true
    this.#keeper.end()
  }
}

/** What was refused: of several steps, the one that was. */
function refusalOf(result: { readonly __typename: string }): { readonly __typename: string } {
  return result.__typename === 'StepRefused' ? (result as g.StepRefused).refusal : result
}

/**
 * Whether the claim is lost; false if only a session still belongs to an earlier claim because it was not opened again.
 */
function isClaimLost(result: { readonly __typename: string }): boolean {
  if (result.__typename !== 'LeaseLost') return false
  const { yourFence, run } = result as unknown as g.LeaseLost
  return run?.lease?.fence !== yourFence || !run.lease.isLive
}

/** The directive in a refusal of a write that the run's status does not allow. */
function directiveOf(result: { readonly __typename: string }): t.DirectiveKind | null {
  if (result.__typename !== 'RunNotActive') return null
  return (result as unknown as g.RunNotActive).directive ?? null
}

/** An input without the fields that the claim fills in. */
type OwnedFields<Input, Filled extends keyof Input = never> = t.Fields<
  Input,
  Filled | (keyof Input & ('runId' | 'fence'))
>

/** As `OwnedFields`, for an input about a session or a message of the run. */
type OwnedRowFields<Input, Filled extends keyof Input = never> = t.Fields<
  Input,
  Filled | (keyof Input & ('sessionId' | 'messageId' | 'approvalId' | 'fence'))
>
