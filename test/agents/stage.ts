import { existsSync } from 'node:fs'
import { mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises'
import { homedir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { unwrap } from '@pawl/sdk'
import type { Approval, Execution, RunDetail, TranscriptEntry } from '@pawl/sdk'
import type { WorkerNews } from '../../src/worker/run/news.ts'
import { findByVariable } from '../../src/processes/processTable.ts'
import { startScriptedModel } from '../support/model/scriptedModel.ts'
import type { Asked, ScriptedModel } from '../support/model/scriptedModel.ts'
import { writeHome } from './agents.ts'
import type { RealAgent } from './agents.ts'
import { pathOf } from './install.ts'
import type { Server } from './server.ts'
import { startSetUp } from './setUp.ts'
import type { SetUp } from './setUp.ts'
import { startWorker } from './worker.ts'
import type { Worker } from './worker.ts'

/** Where trials are held: some agents read no settings below a folder that others may write, as /tmp is one. */
const TRIALS = join(homedir(), '.cache')

/** Whatever a person would be asked in other trials than those of permissions. */
const ALLOWED = { edit: 'allow', execute: 'allow', fetch: 'allow', mcp: 'allow', other: 'allow' }

/** Where an agent is put on trial: a folder, a HOME, a model, and workers that take only its runs. */
export class Stage {
  readonly agent: RealAgent
  readonly server: Server
  readonly model: ScriptedModel
  readonly #folder: string
  readonly #signal: AbortSignal
  readonly #workers: Worker[] = []
  /** Those of the present trial, also where they have ended. */
  #seen: Worker[] = []
  #heardBefore = 0
  #trials = 0
  #trial = new AbortController()
  /** Where the agent of the present trial works. */
  workspace = ''
  #label = ''

  private constructor(
    agent: RealAgent,
    server: Server,
    model: ScriptedModel,
    folder: string,
    signal: AbortSignal,
  ) {
    this.agent = agent
    this.server = server
    this.model = model
    this.#folder = folder
    this.#signal = signal
  }

  static async set(agent: RealAgent, server: Server, signal: AbortSignal): Promise<Stage> {
    await mkdir(TRIALS, { recursive: true })
    const folder = await mkdtemp(join(TRIALS, `pawl-agents-${agent.name}-`))
    return new Stage(agent, server, await startScriptedModel(), folder, signal)
  }

  /** Begins a trial: with a HOME and a workspace of its own, and a run that only its workers take. */
  async begin(workflow = 'errand'): Promise<string> {
    this.#trials += 1
    this.#trial = new AbortController()
    this.#seen = []
    this.#heardBefore = this.model.asked.length
    this.#label = `${this.agent.name}-${this.#trials}`
    this.workspace = join(this.#folder, `work-${this.#trials}`)
    await mkdir(this.workspace)
    await this.forget()
    const { run } = unwrap(
      await this.server.pawl.runs.start({ workflow, title: 'TASK', labels: [this.#label] }),
    )
    return run.id
  }

  /** Starts a worker with the agent's preset, and further settings beside it. */
  async work(more: Readonly<Record<string, unknown>> = {}): Promise<Worker> {
    const { name, isAcp } = this.agent
    const config = join(this.#folder, `worker-${this.#trials}.json`)
    const definition = { preset: name, killAfterSeconds: 3, ...(isAcp && { permissions: ALLOWED }), ...more }
    await writeFile(
      config,
      JSON.stringify({
        labels: [this.#label],
        leaseSeconds: 10,
        state: join(this.#folder, 'state'),
        workspace: { directory: this.workspace, root: join(this.#folder, 'worktrees') },
        agents: { default: definition },
      }),
    )
    const { url, token } = this.server
    const worker = startWorker(config, this.#folder, { ...this.#env, PAWL_URL: url, PAWL_TOKEN: token })
    this.#workers.push(worker)
    this.#seen.push(worker)
    return worker
  }

  /** Has `pawl init` set the agent up in the workspace, and start a server and a worker of its own. */
  setUp(): Promise<SetUp> {
    return startSetUp(this.agent.name, this.workspace, this.#env)
  }

  /** What the model was asked in the present trial. */
  get heard(): readonly Asked[] {
    return this.model.asked.slice(this.#heardBefore)
  }

  /** What the workers of the present trial have told. */
  get news(): readonly WorkerNews[] {
    return this.#seen.flatMap(({ news }) => news)
  }

  /** Ends what the trial left, and the run. */
  async end(runId: string): Promise<void> {
    this.#trial.abort()
    await Promise.all(this.#workers.splice(0).map((worker) => worker.stop()))
    await this.server.pawl.runs.cancel(runId, {})
  }

  async run(runId: string): Promise<RunDetail> {
    const run = await this.server.pawl.runs.get(runId)
    if (!run) throw new Error('the run is gone')
    return run
  }

  /** The run as soon as it is so. @throws Error where it ends before, or a person is asked */
  async until(runId: string, isSo: (run: RunDetail) => boolean): Promise<RunDetail> {
    for (;;) {
      const run = await this.run(runId)
      if (isSo(run)) return run
      if (run.isSettled) throw new Error(`the run ended ${run.status} (${run.reason})`)
      const asked = await this.question(runId)
      if (asked) throw new Error(`a person is asked: ${asked.question}`)
      await this.#pause()
    }
  }

  /** What a person is asked; undefined where nothing is. */
  async question(runId: string): Promise<Approval | undefined> {
    const { nodes } = await this.server.pawl.approvals.list({ runId })
    return nodes.find(({ status }) => status === 'PENDING')
  }

  /** What a person is asked, as soon as that is so. @throws Error where the run ends before */
  async asked(runId: string): Promise<Approval> {
    for (;;) {
      const asked = await this.question(runId)
      if (asked) return asked
      const run = await this.run(runId)
      if (run.isSettled) throw new Error(`the run ended ${run.status} (${run.reason}), and nobody is asked`)
      await this.#pause()
    }
  }

  /** Resolves when it is so. */
  async when(isSo: () => boolean | Promise<boolean>): Promise<void> {
    while (!(await isSo())) await this.#pause()
  }

  /** Whether the agent has made this file in its workspace. */
  has(name: string): boolean {
    return existsSync(join(this.workspace, name))
  }

  /** Resolves when the agent has made this file. @throws Error where the run ends before, or a person is asked */
  async made(runId: string, name: string): Promise<void> {
    await this.until(runId, () => this.has(name))
  }

  /** Processes that the executions of a run have left. */
  async leftovers(runId: string): Promise<number[]> {
    const executions = await this.#executions(runId)
    return executions.flatMap(({ id }) => findByVariable('PAWL_EXECUTION_ID', id)).map(({ pid }) => pid)
  }

  /** What the agents of a run have said. */
  async transcript(runId: string): Promise<TranscriptEntry[]> {
    const entries: TranscriptEntry[] = []
    const { nodes } = await this.server.pawl.sessions.list(runId, { first: 500 })
    for (const { id } of nodes.toReversed())
      for await (const entry of this.server.pawl.sessions.transcript(id)) entries.push(entry)
    return entries
  }

  /** Removes all that the agent has kept in its HOME. */
  async forget(): Promise<void> {
    for (const name of await readdir(this.#home).catch(() => []))
      await rm(join(this.#home, name), { recursive: true, force: true })
    await writeHome(this.#home, this.agent.settle(this.model.url).files)
  }

  async close(): Promise<void> {
    await this.model.close()
    await rm(this.#folder, { recursive: true, force: true })
  }

  async #executions(runId: string): Promise<readonly Execution[]> {
    return (await this.server.pawl.executions.list({ filter: { runId }, first: 100 })).nodes
  }

  /** All that the agent finds in its environment. */
  get #env(): Record<string, string> {
    const { env } = this.agent.settle(this.model.url)
    return { ...env, HOME: this.#home, PATH: pathOf(this.agent), LANG: 'C.UTF-8' }
  }

  get #home(): string {
    return join(this.#folder, 'home')
  }

  /** Waits a little before what others do is looked at again. */
  async #pause(): Promise<void> {
    await sleep(100, undefined, { signal: AbortSignal.any([this.#signal, this.#trial.signal]) })
  }
}
