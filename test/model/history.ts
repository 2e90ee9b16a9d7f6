import { expect } from 'vitest'
import { sweepRun } from '../../src/commands/changeRun.ts'
import { claimRun } from '../../src/commands/claimRun.ts'
import type { Caller, Commands } from '../../src/commands/context.ts'
import { startRun } from '../../src/commands/startRun.ts'
import { sweepDue } from '../../src/commands/sweep.ts'
import { verifyRun } from '../../src/commands/verifyRun.ts'
import type { Json } from '../../src/lifecycle/run.ts'
import type { WorkflowDefinition } from '../../src/lifecycle/workflow.ts'
import { tick } from '../../src/store/tick.ts'
import { agentOf, CALLERS } from '../support/callers.ts'
import { passTime } from '../support/passTime.ts'
import { toStart } from '../support/runs.ts'
import type { AboutAction, Action, ActionOf, Actor, StartAction } from './actions.ts'
import { ask, type Command } from './ask.ts'
import { type Answer, toAnswer, USE_CASES } from './askServer.ts'
import { isActive, sign } from './beliefs.ts'
import type { KeyChoice } from './choices.ts'
import { compareAnswer, compareRun } from './compare.ts'
import { keyName, mayDo, NAMES, remember, replayOf } from './expect.ts'
import { explain, type Task } from './explain.ts'
import { type Model, type ModelRun, refused, runOf } from './modelState.ts'
import * as oracle from './oracle.ts'
import { due } from './oracleDue.ts'
import { payOwed } from './oracleFamily.ts'
import { readStored, type StoredRun } from './readStored.ts'
import { chooseRun, fits } from './resolve.ts'
import { answered, drain, lookedAt, type StartCommand, started } from './tasks.ts'

/** Something to be asked of a server, and what it is believed to do. */
interface Request {
  /** The runs that it may concern, beside those that are made by it. */
  readonly about: readonly string[]
  readonly send: (server: Commands) => Promise<Answer>
  readonly explain: (answer: Answer, alone: boolean) => Task
}

/** One history: actions done to the servers and to the oracle's beliefs alike, compared after each. */
export class History {
  model: Model = { now: 0, runs: [], keys: new Map() }
  /** What was asked so far, the last first. */
  private readonly asked: Request[] = []
  private keysMade = 0

  constructor(
    private readonly servers: readonly [Commands, ...Commands[]],
    private readonly workflows: readonly WorkflowDefinition[],
    /** Keeps this history apart from the others in the same database. */
    private readonly project: string,
  ) {}

  private get commands(): Commands {
    return this.servers[0]
  }

  /** Whether an action makes sense now: for one that is to fit there is a run that it fits. */
  admits(action: Action): boolean {
    if (action.kind === 'race') return action.actions.some((each) => this.admits(each))
    return !('fit' in action) || !action.fit || chooseRun(this.model, action) !== undefined
  }

  /** Does one thing, and throws where the servers and the oracle disagree about it. */
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
        this.model.now += action.seconds
        return this.pass(action.seconds)
      case 'sleep':
        return this.sleep(action.seconds)
      default: {
        const request = this.toRequest(action, null)
        return request && this.ask([request])
      }
    }
  }

  /** Proves every run, and what the oracle believes of each. */
  async prove(): Promise<void> {
    await this.compare(this.model.runs.map(({ id }) => id)).then((holds) => holds(this.model))
    for (const { id, deleted } of this.model.runs) {
      const verified = await verifyRun(this.commands, CALLERS.admin, id)
      expect(verified).toMatchObject(
        deleted ? { ok: false, problem: { type: 'RunNotFound' } } : { consistent: true, differences: [] },
      )
    }
  }

  /** Removes what the history made. */
  async forget(): Promise<void> {
    await this.commands.store.pool.query('DELETE FROM run WHERE project = $1', [this.project])
  }

  /** Makes the choices of an action; undefined where there is no run to ask about. */
  private toRequest(action: AboutAction | StartAction, sameRun: ModelRun | null): Request | undefined {
    const request = action.kind === 'start' ? this.toStart(action, sameRun) : this.toAsk(action, sameRun)
    if (request) this.asked.unshift(request)
    return request
  }

  private toAsk(action: AboutAction, sameRun: ModelRun | null): Request | undefined {
    const run = sameRun ?? chooseRun(this.model, action)
    if (!run) return undefined
    const command = ask(action, run, () => `fresh ${++this.keysMade}`)
    return {
      about: [run.id],
      send: (server) => this.send(server, command),
      explain: (answer, alone) => answered(command, answer, alone),
    }
  }

  private send(server: Commands, { kind, by, input, key, runId, agentFence }: Command): Promise<Answer> {
    return USE_CASES[kind](server, this.callerOf(by, runId, agentFence), { ...input, idempotencyKey: key })
  }

  private toStart(action: StartAction, sameRun: ModelRun | null): Request {
    const { by, slot, claim } = action
    const parent = pick(this.model.runs, action.parent, isActive, sameRun)
    const continues = pick(this.model.runs, action.continues, (run) => !isActive(run), null)
    const chosen = this.workflows[action.workflow % this.workflows.length]
    // mostly the workflow that is to be continued
    const workflow = continues && action.workflow % 3 > 0 ? continues.workflow : chosen
    if (!workflow) throw new Error('there is no workflow')
    const parentId = parent?.id ?? null
    const continuesId = continues?.id ?? null
    const input = {
      workflow: workflow.name,
      concurrencyKey: slot,
      claim,
      parentRunId: parentId,
      continuesRunId: continuesId,
    }
    const key = this.keyOf(action.key)
    const command: StartCommand = {
      by,
      key,
      input,
      workflow,
      concurrencyKey: slot,
      claim,
      parentId,
      continuesId,
    }
    const start = toStart({
      ...input,
      project: this.project,
      idempotencyKey: key,
      request: input as unknown as Json,
    })
    return {
      about: [parentId, continuesId].filter((id) => id !== null),
      send: async (server) => toAnswer(await startRun(server, this.callerOf(by, null), start)),
      explain: (answer) => started(command, answer),
    }
  }

  /** Several at once, each to the next server: of those that make sense on one run, or anywhere. */
  private async race({ actions, same, runners, stagger }: ActionOf<'race'>): Promise<void> {
    const leading = actions.find((action) => action.kind !== 'start' && this.admits(action))
    const run = same && leading && 'run' in leading ? (chooseRun(this.model, leading) ?? null) : null
    const joining = actions.filter((action) =>
      run && 'fit' in action && action.fit ? fits(run, action) : this.admits(action),
    )
    const requests = joining.slice(0, runners).map((action) => this.toRequest(action, run))
    await this.ask(
      requests.filter((request) => request !== undefined),
      stagger,
    )
  }

  /** Asks all of it at once, and finds out what went on. */
  private async ask(requests: readonly Request[], stagger: readonly number[] = []): Promise<void> {
    const about = new Set(requests.flatMap(({ about }) => about))
    const [only] = requests.length === 1 ? about : []
    const before = only === undefined ? undefined : await this.rowOf(only)
    const answers = await Promise.all(
      requests.map(async (request, place) => {
        const server = this.servers[place % this.servers.length] ?? this.commands
        for (let trips = stagger[place] ?? 0; trips > 0; trips--) await server.store.pool.query('SELECT 1')
        return request.send(server)
      }),
    )
    for (const { runId } of answers) if (runId !== null) about.add(runId)
    const tasks = requests.map((request, place) =>
      request.explain(answers[place] as Answer, requests.length === 1),
    )
    await this.explain(tasks, [...about])
    const after = only === undefined ? undefined : await this.rowOf(only)
    // what was refused, or had nothing to change, leaves the row as it was, but for what was due
    const [answer] = answers
    const idle = after && before && !(answer?.ok && answer.changed !== false)
    if (idle && after['revision'] === before['revision'])
      expect({ ...after, due_at: null }).toEqual({ ...before, due_at: null, ...endedClaim(after, before) })
  }

  /** Believes what explains the answers and what is stored of the runs concerned; throws where nothing does. */
  private async explain(tasks: readonly Task[], about: readonly string[]): Promise<void> {
    const holds = await this.compare(this.withRelatives(about))
    this.model = explain(this.model, tasks, holds)
  }

  /** The runs named, and those that their settling may concern. */
  private withRelatives(about: readonly string[]): string[] {
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

  /** Reads runs, and returns what holds a model against them. */
  private async compare(ids: readonly string[]): Promise<(model: Model) => void> {
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

  private async claimAny(action: ActionOf<'claimAny'>): Promise<void> {
    const key = this.keyOf(action.key)
    const input = { owner: action.owner, leaseSeconds: 300, project: this.project }
    const asked = { kind: 'claimAny', key, input } as const
    const caller = this.callerOf(action.by, null)
    const answer = toAnswer(await claimRun(this.commands, caller, { ...input, idempotencyKey: key }))
    const kept = replayOf(this.model, asked)
    if (kept || !mayDo(action.by, 'claimAny')) {
      const allowed = mayDo(action.by, 'claimAny')
      compareAnswer(allowed && kept ? kept : refused('Forbidden'), answer, null)
      if (answer.ok) expect(answer.runId).toBe(this.model.keys.get(keyName('claimAny', key ?? ''))?.runId)
      return
    }
    // which ones were looked at on the way is not told: all of them are looked at now
    const others = this.model.runs.filter(({ id, deleted }) => !deleted && id !== answer.runId)
    for (const { id } of others) await sweepRun(this.commands, id)
    const claimed: Task = function* (model) {
      const run = model.runs.find(({ id }) => id === answer.runId)
      if (!run) return
      due(model, run)
      const expected = oracle.claim(run, model.now, input)
      sign(run, NAMES[action.by])
      compareAnswer(expected, answer, run)
      remember(model, asked, run.id)
      yield
    }
    const holds = await this.compare(this.model.runs.map(({ id }) => id))
    // what waits for a person, or for somebody to resume it, is not looked at by who wants to claim
    const seen = this.model.runs.filter(({ status }) => status === 'QUEUED' || status === 'RUNNING')
    this.model = explain(this.model, [...this.looks(others), claimed], holds)
    if (answer.ok) return
    compareAnswer(refused('NothingToClaim'), answer, null)
    const waiting = seen.map(({ id }) => runOf(this.model, id)).filter(({ status }) => status === 'QUEUED')
    expect(waiting.filter(({ deleted }) => !deleted).map(({ id }) => id)).toEqual([])
  }

  private async sweep(): Promise<void> {
    const swept = await sweepDue(this.commands)
    const ids = this.model.runs.map(({ id }) => id)
    const moved = new Map<Model, ModelRun[]>()
    const looks = this.looks(this.model.runs, (model, run) =>
      moved.set(model, [...(moved.get(model) ?? []), structuredClone(run)]),
    )
    const holds = await this.compare(ids)
    this.model = explain(this.model, looks, (model) => {
      const idsOf = (isOne: (run: ModelRun) => boolean) =>
        (moved.get(model) ?? [])
          .filter(isOne)
          .map(({ id }) => id)
          .toSorted()
      expect({ lapsed: swept.lapsed, expired: swept.expired }).toEqual({
        lapsed: idsOf(({ status }) => status !== 'EXPIRED'),
        expired: idsOf(({ status }) => status === 'EXPIRED'),
      })
      drain(payOwed(model))
      holds(model)
    })
  }

  /** Looks at the runs on which something is due, in whatever order. */
  private looks(
    runs: readonly ModelRun[],
    moved: (model: Model, run: ModelRun) => void = () => undefined,
  ): Task[] {
    return runs.filter((run) => this.isDue(run)).map(({ id }) => lookedAt(id, moved))
  }

  private isDue({ id }: ModelRun): boolean {
    const model = structuredClone(this.model)
    const run = runOf(model, id)
    const { claim, log } = run
    const { length } = log
    due(model, run)
    return run.claim !== claim || log.length > length
  }

  private async pass(seconds: number): Promise<void> {
    for (const { id, deleted } of this.model.runs)
      if (!deleted) await passTime(this.commands.store, id, seconds)
  }

  /** Everybody sleeps, servers and owners: what expired meanwhile gets its period again. */
  private async sleep(seconds: number): Promise<void> {
    const { model } = this
    const { pool } = this.commands.store
    const since = model.now
    await this.pass(seconds)
    await pool.query('UPDATE installation SET tick_at = clock_timestamp() - make_interval(secs => $1)', [
      seconds,
    ])
    await tick(pool)
    model.now += seconds
    for (const { claim } of model.runs)
      if (claim?.expiresAt != null && claim.expiresAt > since && claim.expiresAt <= model.now)
        claim.expiresAt = model.now + claim.seconds
  }

  private async rowOf(runId: string): Promise<Record<string, unknown> | undefined> {
    const { rows } = await this.commands.store.pool.query('SELECT * FROM run WHERE id = $1', [runId])
    return rows[0] as Record<string, unknown> | undefined
  }

  private callerOf(by: Actor, runId: string | null, agentFence = 1): Caller {
    return by === 'agent' ? agentOf(runId ?? 'run_none', agentFence) : CALLERS[by]
  }

  private keyOf(choice: KeyChoice): string | null {
    return choice === 'none' ? null : choice === 'fresh' ? `fresh ${++this.keysMade}` : `${choice}`
  }
}

/** The run with this number: among those preferred, but for the last number; on one run where that is said. */
function pick(
  runs: readonly ModelRun[],
  place: number | null,
  prefers: (run: ModelRun) => boolean,
  sameRun: ModelRun | null,
): ModelRun | null {
  if (place === null || sameRun) return place === null ? null : sameRun
  const preferred = runs.filter((run) => !run.deleted && prefers(run))
  const among = place < 3 ? preferred : runs
  return among[place % (among.length || 1)] ?? null
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
