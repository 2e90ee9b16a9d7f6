import { expect } from 'vitest'
import { sweepRun } from '../../src/commands/run/changeRun.ts'
import { toClaimInput } from './choices.ts'
import { claimRun } from '../../src/commands/run/claimRun.ts'
import type { Commands } from '../../src/commands/kit/context.ts'
import { sweepDue } from '../../src/commands/sweep.ts'
import { verifyRun } from '../../src/commands/run/verifyRun.ts'
import type { WorkflowDefinition } from '../../src/lifecycle/workflow/workflow.ts'
import { tick } from '../../src/store/account/tick.ts'
import { CALLERS } from '../support/callers.ts'
import { passTime } from '../support/passTime.ts'
import type { Action, ActionOf } from './actions.ts'
import { type Answer, toAnswer } from './askServer.ts'
import { compareRun } from './compare.ts'
import { explain } from './explain.ts'
import { answerAtOnce, explainClaim, explainSweep, type Holds } from './looks.ts'
import { LIMITS, type Model, runOf } from './modelState.ts'
import { readStored, type StoredRun } from './readStored.ts'
import { callerOf, type Request, Requests } from './requests.ts'
import { chooseRun, fits } from './resolve.ts'

type Row = Readonly<Record<string, unknown>>

/** One history: actions applied to both the servers and the oracle's model, which are compared after each. */
export class History {
  private model: Model = { now: 0, runs: [], keys: new Map() }
  private readonly requests: Requests
  /** The requests so far, newest first. */
  private readonly asked: Request[] = []

  constructor(
    private readonly servers: readonly [Commands, ...Commands[]],
    workflows: readonly WorkflowDefinition[],
    /** Separates this history from others in the same database. */
    private readonly project: string,
  ) {
    this.requests = new Requests(workflows, project)
  }

  private get commands(): Commands {
    return this.servers[0]
  }

  /** Whether an action makes sense now: one with `fit` needs a run that it fits. */
  admits(action: Action): boolean {
    if (action.kind === 'race') return action.actions.some((each) => this.admits(each))
    return !('fit' in action) || !action.fit || chooseRun(this.model, action) !== undefined
  }

  /** Performs one action, and throws if the servers and the oracle disagree. */
  async act(action: Action): Promise<void> {
    await tick(this.commands.store.pool)
    switch (action.kind) {
      case 'claimAny':
        return this.claimAny(action)
      case 'again': {
        const request = this.asked[action.back]
        return request && this.ask([request])
      }
      case 'race':
        return this.race(action)
      case 'sweep':
        return this.sweep()
      case 'pass':
        return this.pass(action.seconds)
      case 'sleep':
        return this.sleep(action.seconds)
      default:
        return this.askAll([this.requests.make(this.model, action, null)])
    }
  }

  /** Verifies every run against its log and against the oracle's model. */
  async prove(): Promise<void> {
    const holds = await this.compareAll()
    holds(this.model)
    for (const { id, deleted } of this.model.runs) {
      const verified = await verifyRun(this.commands, CALLERS.admin, id)
      expect(verified).toMatchObject(
        deleted ? { ok: false, problem: { type: 'NotFound' } } : { consistent: true, differences: [] },
      )
    }
  }

  /** Deletes everything that the history created. */
  async forget(): Promise<void> {
    const { pool } = this.commands.store
    const text = `DELETE FROM run r WHERE project = $1 AND NOT EXISTS (SELECT FROM run c WHERE c.continues_id = r.id)`
    // a chain goes from its end
    while ((await pool.query(text, [this.project])).rowCount) continue
  }

  /** Sends several requests concurrently, each to the next server: those that make sense, on one run or on any. */
  private race({ actions, same, runners, stagger }: ActionOf<'race'>): Promise<void> {
    const leading = actions.find((action) => action.kind !== 'start' && this.admits(action))
    const run = same && leading && 'run' in leading ? (chooseRun(this.model, leading) ?? null) : null
    const joining = actions.filter((action) =>
      run && 'fit' in action && action.fit ? fits(run, action) : this.admits(action),
    )
    const requests = joining.slice(0, runners).map((action) => this.requests.make(this.model, action, run))
    return this.askAll(requests, stagger)
  }

  private async askAll(
    made: readonly (Request | undefined)[],
    stagger: readonly number[] = [],
  ): Promise<void> {
    const requests = made.filter((request) => request !== undefined)
    this.asked.unshift(...requests)
    if (requests.length > 0) await this.ask(requests, stagger)
  }

  /** Sends all requests concurrently, and finds an order that explains the result. */
  private async ask(requests: readonly Request[], stagger: readonly number[] = []): Promise<void> {
    const about = new Set(requests.flatMap((request) => request.about))
    const [only] = requests.length === 1 ? about : []
    const before = await this.rowOf(only)
    const answers = await Promise.all(
      requests.map(async (request, place): Promise<Answer> => {
        const server = this.servers[place % this.servers.length] ?? this.commands
        for (let trips = stagger[place] ?? 0; trips > 0; trips--) await server.store.pool.query('SELECT 1')
        return request.send(server)
      }),
    )
    for (const { runId } of answers) if (runId !== null) about.add(runId)
    const alone = requests.length === 1
    const tasks = answers.flatMap((answer, place) => requests[place]?.explain(answer, alone) ?? [])
    this.model = explain(this.model, tasks, await this.compare(this.withRelatives(about)))
    const after = await this.rowOf(only)
    // what was refused, or had nothing to change, leaves the row as it was, but for what was due
    const [answer] = answers
    const idle = after && before && !(answer?.ok && answer.changed !== false)
    if (idle && after['revision'] === before['revision'])
      expect({ ...after, due_at: null }).toEqual({ ...before, due_at: null, ...endedClaim(after, before) })
  }

  /** The named runs, and those affected if they settle. */
  private withRelatives(about: ReadonlySet<string>): string[] {
    const ids = new Set(about)
    const { runs } = this.model
    for (const id of ids) {
      const run = runs.find((each) => each.id === id)
      if (run?.parentId) ids.add(run.parentId)
      for (const other of runs) {
        const sharesKey = run?.concurrencyKey != null && other.concurrencyKey === run.concurrencyKey
        if (other.parentId === id || sharesKey) ids.add(other.id)
      }
    }
    return [...ids]
  }

  /** Reads runs, and returns a function that compares a model with them. */
  private async compare(ids: readonly string[]): Promise<Holds> {
    const stored = new Map<string, StoredRun | null>()
    for (const id of ids) stored.set(id, await readStored(this.commands.store, id))
    return (model) => {
      for (const [id, found] of stored) {
        const believed = runOf(model, id)
        expect(found === null).toBe(believed.deleted)
        if (found) compareRun(believed, found, model.now)
      }
    }
  }

  private compareAll(): Promise<Holds> {
    return this.compare(this.model.runs.map(({ id }) => id))
  }

  private async claimAny({ by, key: choice, owner }: ActionOf<'claimAny'>): Promise<void> {
    const key = this.requests.keyOf(choice)
    const claim = { by, key, input: toClaimInput({ owner, leaseSeconds: 300, project: this.project }) }
    const asked = { ...claim.input, idempotencyKey: key }
    const answer = toAnswer(await claimRun(this.commands, callerOf(by, null), asked))
    if (answerAtOnce(this.model, claim, answer)) return
    // The answer does not list the runs that were examined, so all of them are compared now.
    for (const { id, deleted } of this.model.runs)
      if (!deleted && id !== answer.runId) await sweepRun(this.commands, id)
    this.model = explainClaim(this.model, claim, answer, await this.compareAll())
  }

  private async sweep(): Promise<void> {
    const swept = await sweepDue(this.commands)
    this.model = explainSweep(this.model, swept, await this.compareAll())
  }

  private async pass(seconds: number): Promise<void> {
    this.model.now += seconds
    for (const { id, deleted } of this.model.runs)
      if (!deleted) await passTime(this.commands.store, id, seconds)
  }

  /** Simulates a time when servers and owners sleep: leases that expire in it are extended by their period. */
  private async sleep(seconds: number): Promise<void> {
    const { model } = this
    const { pool } = this.commands.store
    const since = model.now
    await this.pass(seconds)
    await pool.query('UPDATE installation SET tick_at = clock_timestamp() - make_interval(secs => $1)', [
      seconds,
    ])
    await tick(pool)
    for (const run of model.runs)
      if (run.graceEndsAt !== null && run.graceEndsAt > since && run.graceEndsAt <= model.now)
        run.graceEndsAt = model.now + LIMITS.cancelGraceSeconds
    for (const { claim } of model.runs)
      if (claim?.expiresAt != null && claim.expiresAt > since && claim.expiresAt <= model.now)
        claim.expiresAt = model.now + claim.seconds
  }

  private async rowOf(runId: string | undefined): Promise<Row | undefined> {
    if (runId === undefined) return undefined
    const { rows } = await this.commands.store.pool.query<Row>('SELECT * FROM run WHERE id = $1', [runId])
    return rows[0]
  }
}

/** Ends an expired claim of a settled run, which adds no revision. */
function endedClaim(after: Row, before: Row): Row {
  const ended = after['settled_at'] !== null && before['lease_owner'] != null && after['lease_owner'] === null
  return ended ? { lease_owner: null, lease_seconds: null, lease_expires_at: null } : {}
}
