import { expect } from 'vitest'
import type { Caller, Commands } from '../../src/commands/context.ts'
import { sweepRun } from '../../src/commands/changeRun.ts'
import { claimRun } from '../../src/commands/claimRun.ts'
import { startRun } from '../../src/commands/startRun.ts'
import { sweepDue } from '../../src/commands/sweep.ts'
import { verifyRun } from '../../src/commands/verifyRun.ts'
import type { Json } from '../../src/lifecycle/run.ts'
import type { WorkflowDefinition } from '../../src/lifecycle/workflow.ts'
import { readWholeRun } from '../../src/store/readWholeRun.ts'
import { tick } from '../../src/store/tick.ts'
import { agentOf, CALLERS } from '../support/callers.ts'
import { passTime } from '../support/passTime.ts'
import type { Action, ActionOf, Actor, KeyChoice } from './actions.ts'
import { put } from './asked.ts'
import { newRun } from './beliefs.ts'
import { type Answer, toAnswer, USE_CASES } from './askServer.ts'
import { compareRun } from './compare.ts'
import { expectAbout, expectStart, keyName, mayDo, remember, replayOf } from './expect.ts'
import type { Expected, Model, ModelRun } from './modelState.ts'
import { accepted, refused } from './modelState.ts'
import * as oracle from './oracle.ts'
import { due } from './oracleDue.ts'
import { type AboutRun, type Concrete, fitting, resolve } from './resolve.ts'

/** One history: actions done to the server and to the oracle's beliefs alike, compared after each. */
export class History {
  readonly model: Model = { now: 0, runs: [], keys: new Map() }
  /** What was asked about runs so far, the last first. */
  private readonly asked: Concrete[] = []
  private keysMade = 0

  constructor(
    private readonly commands: Commands,
    private readonly workflows: readonly WorkflowDefinition[],
    /** Keeps this history apart from the others in the same database. */
    private readonly project: string,
  ) {}

  /** Whether an action makes sense now: for one that is to fit there is a run that it fits. */
  admits(action: Action): boolean {
    return !('fit' in action) || !action.fit || fitting(this.model, action).length > 0
  }

  /** Does one thing, and throws where the server and the oracle disagree about it. */
  async act(action: Action): Promise<void> {
    const { store } = this.commands
    await tick(store.pool)
    switch (action.kind) {
      case 'start':
        return this.start(action)
      case 'claimAny':
        return this.claimAny(action)
      case 'again':
        return this.again(action.back)
      case 'sweep':
        return this.sweep()
      case 'pass':
        this.model.now += action.seconds
        return this.pass(action.seconds)
      case 'sleep':
        return this.sleep(action.seconds)
      default:
        return this.about(action)
    }
  }

  /** Proves every run, and what the oracle believes of each. */
  async prove(): Promise<void> {
    for (const run of this.model.runs) await this.compare(run)
  }

  /** Removes what the history made. */
  async forget(): Promise<void> {
    await this.commands.store.pool.query('DELETE FROM run WHERE project = $1', [this.project])
  }

  private async start(action: ActionOf<'start'>): Promise<void> {
    const { model } = this
    const workflow = this.workflows[action.workflow % this.workflows.length]
    if (!workflow) throw new Error('there is no workflow')
    const key = this.keyOf(action.key)
    const input = { workflow: workflow.name, concurrencyKey: action.slot, claim: action.claim }
    const expected = expectStart(model, action, key, input)
    const answer = await startRun(this.commands, this.callerOf(action.by, null), {
      ...input,
      version: null,
      title: null,
      input: null,
      labels: [],
      parentRunId: null,
      continuesRunId: null,
      project: this.project,
      idempotencyKey: key,
      request: input as unknown as Json,
    })
    const { runId } = this.check(expected, toAnswer(answer))
    if (!expected.ok || runId === null) return
    if (expected.replayed) {
      expect(runId).toBe(model.keys.get(keyName('start', key ?? ''))?.runId)
      return
    }
    const run = newRun(model, runId, workflow, action.slot)
    if (action.claim) oracle.claim(run, model.now, action.claim)
    remember(model, { kind: 'start', key, input }, runId)
    await this.compare(run)
  }

  private async about(action: AboutRun): Promise<void> {
    const rowOf = async ({ id }: ModelRun) => Number((await this.rowOf(id))?.['revision'] ?? 0)
    const concrete = await resolve(this.model, action, { fresh: () => `fresh ${++this.keysMade}`, rowOf })
    if (!concrete) return
    this.asked.unshift(concrete)
    await this.ask(concrete)
  }

  private async again(back: number): Promise<void> {
    const concrete = this.asked[back]
    if (concrete) await this.ask(concrete)
  }

  private async ask(concrete: Concrete): Promise<void> {
    const { action, run, agentFence } = concrete
    const before = await this.rowOf(run.id)
    const { asked, input } = put(this.model, concrete, Number(before?.['revision'] ?? 0))
    const expected =
      action.kind === 'renew' ? this.expectRenewal(action, run, input) : expectAbout(this.model, run, asked)
    const caller = this.callerOf(action.by, run, agentFence)
    const idempotencyKey = action.kind === 'renew' ? null : asked.key
    const answer = await USE_CASES[action.kind](this.commands, caller, { ...input, idempotencyKey })
    this.check(expected, answer)
    if (action.kind === 'execute' && expected.ok) {
      const id = answer.executionId ?? ''
      if (expected.changed) run.executions.push({ id, end: null, told: false })
      expect(run.executions.map((each) => each.id)).toContain(id)
    }
    const after = await this.rowOf(run.id)
    // what was refused, or had nothing to change, leaves the row as it was, but for what was due
    const idle = after && before && !(expected.ok && expected.changed)
    if (idle && after['revision'] === before['revision'])
      expect({ ...after, due_at: null }).toEqual({ ...before, due_at: null, ...endedClaim(after, before) })
    await this.compare(run)
  }

  private expectRenewal(action: ActionOf<'renew'>, run: ModelRun, input: Record<string, unknown>): Expected {
    if (run.deleted) return refused('RunNotFound')
    if (!mayDo(action.by, 'renew')) return refused('Forbidden')
    return oracle.renew(run, this.model.now, Number(input['fence']), action.seconds)
  }

  private async claimAny(action: ActionOf<'claimAny'>): Promise<void> {
    const { model } = this
    const key = this.keyOf(action.key)
    const input = { owner: action.owner, leaseSeconds: 30, project: this.project }
    const asked = { kind: 'claimAny', key, input } as const
    const kept = replayOf(model, asked)
    const allowed = mayDo(action.by, 'claimAny')
    const answer = toAnswer(
      await claimRun(this.commands, this.callerOf(action.by, null), { ...input, idempotencyKey: key }),
    )
    if (!allowed || kept) {
      this.check(allowed && kept ? kept : refused('Forbidden'), answer)
      if (answer.ok) expect(answer.runId).toBe(model.keys.get(keyName('claimAny', key ?? ''))?.runId)
      return
    }
    // which ones were looked at on the way is not told: all of them are looked at now
    for (const run of model.runs) {
      if (run.id !== answer.runId && !run.deleted) await sweepRun(this.commands, run.id)
      due(run, model.now)
    }
    const waiting = model.runs.filter((run) => !run.deleted && run.status === 'QUEUED')
    if (waiting.length === 0) {
      this.check(refused('NothingToClaim'), answer)
    } else {
      this.check(accepted, answer)
      const run = waiting.find(({ id }) => id === answer.runId)
      if (!run) throw new Error(`a run was claimed that did not wait: ${answer.runId}`)
      oracle.claim(run, model.now, input)
      remember(model, asked, run.id)
    }
    await this.prove()
  }

  private async sweep(): Promise<void> {
    const { model } = this
    const moved = { lapsed: [] as string[], expired: [] as string[] }
    for (const run of model.runs) {
      const before = { status: run.status, claim: run.claim }
      const wasSettled = ['COMPLETED', 'FAILED', 'CANCELLED', 'EXPIRED'].includes(run.status)
      due(run, model.now)
      const changed = run.status !== before.status || (!wasSettled && run.claim !== before.claim)
      if (changed) (run.status === 'EXPIRED' ? moved.expired : moved.lapsed).push(run.id)
    }
    const { lapsed, expired } = await sweepDue(this.commands)
    const mine = new Set(model.runs.map(({ id }) => id))
    expect({
      lapsed: lapsed.filter((id) => mine.has(id)),
      expired: expired.filter((id) => mine.has(id)),
    }).toEqual({ lapsed: moved.lapsed.toSorted(), expired: moved.expired.toSorted() })
    await this.prove()
  }

  private async pass(seconds: number): Promise<void> {
    for (const { id, deleted } of this.model.runs)
      if (!deleted) await passTime(this.commands.store, id, seconds)
  }

  /** Everybody sleeps, servers and owners: what expired meanwhile gets its period again. */
  private async sleep(seconds: number): Promise<void> {
    const { model } = this
    const since = model.now
    await this.pass(seconds)
    await this.commands.store.pool.query(
      'UPDATE installation SET tick_at = clock_timestamp() - make_interval(secs => $1)',
      [seconds],
    )
    await tick(this.commands.store.pool)
    model.now += seconds
    for (const { claim } of model.runs)
      if (claim?.expiresAt != null && claim.expiresAt > since && claim.expiresAt <= model.now)
        claim.expiresAt = model.now + claim.seconds
  }

  /** Holds an answer against what was expected; returns it. */
  private check(expected: Expected, answer: Answer): Answer {
    if (expected.ok) {
      expect(answer).toMatchObject({ ok: true, problem: null })
      if (answer.changed !== null) expect(answer.changed).toBe(expected.changed)
      if (answer.replayed !== null) expect(answer.replayed).toBe(expected.replayed)
      return answer
    }
    const { differing, ...told } = expected.told ?? {}
    expect(answer).toMatchObject({ ok: false, problem: { type: expected.type, ...told } })
    if (differing) {
      const paths = (answer.problem as { differingPaths?: readonly string[] } | null)?.differingPaths ?? []
      expect([...new Set(paths.map((path) => path.split('.')[0]))].toSorted()).toEqual(differing)
    }
    return answer
  }

  /** Proves a run from its log, and compares it with what the oracle believes. */
  private async compare(run: ModelRun): Promise<void> {
    const { store } = this.commands
    const verified = await verifyRun(this.commands, CALLERS.admin, run.id)
    if (run.deleted) {
      expect(verified).toMatchObject({ ok: false, problem: { type: 'RunNotFound' } })
      return
    }
    expect(verified).toMatchObject({ ok: true, consistent: true, differences: [] })
    const whole = await readWholeRun(store.pool, store, run.id)
    if (!whole) throw new Error(`run ${run.id} is gone`)
    expect(whole.events.map(({ seq }) => seq)).toEqual(whole.events.map((_, index) => index + 1))
    expect(whole.events.length).toBe(whole.run.revision)
    compareRun(run, whole.run, this.model.now, whole.now)
  }

  private async rowOf(runId: string): Promise<Record<string, unknown> | undefined> {
    const { rows } = await this.commands.store.pool.query('SELECT * FROM run WHERE id = $1', [runId])
    return rows[0] as Record<string, unknown> | undefined
  }

  private callerOf(by: Actor, run: ModelRun | null, agentFence = 1): Caller {
    return by === 'agent' ? agentOf(run?.id ?? 'run_none', agentFence) : CALLERS[by]
  }

  private keyOf(choice: KeyChoice): string | null {
    return choice === 'none' ? null : choice === 'fresh' ? `fresh ${++this.keysMade}` : `${choice}`
  }
}

/** On a settled run an expired claim ends without a revision. */
function endedClaim(
  after: Record<string, unknown> | undefined,
  before: Record<string, unknown> | undefined,
): Record<string, unknown> {
  const ended =
    after?.['settled_at'] !== null && before?.['lease_owner'] != null && after?.['lease_owner'] === null
  return ended ? { lease_owner: null, lease_seconds: null, lease_expires_at: null } : {}
}
