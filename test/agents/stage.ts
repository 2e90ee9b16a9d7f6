import { spawn } from 'node:child_process'
import type { ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { createPawl, unwrap } from '@pawl/sdk'
import type { Approval, Pawl, RunDetail, WorkflowDefinition } from '@pawl/sdk'
import { findByVariable } from '../../src/processes/processTable.ts'
import type { WorkerNews } from '../../src/worker/run/news.ts'
import { startScriptedModel } from '../support/model/scriptedModel.ts'
import type { ScriptedModel } from '../support/model/scriptedModel.ts'
import { writeHome } from './agents.ts'
import type { RealAgent } from './agents.ts'
import { pathOf } from './install.ts'

/** The command as it is published; `npm run build` makes it. */
const PAWL = fileURLToPath(new URL('../../dist/pawl.js', import.meta.url))

/** One phase that hands over `out.json`, and the end. */
const ERRAND: WorkflowDefinition = {
  name: 'errand',
  version: 1,
  initialPhase: 'go',
  onOwnerLost: 'REQUEUE',
  phases: [
    {
      key: 'go',
      next: ['home'],
      role: 'runner',
      artifact: {
        path: 'out.json',
        schema: { type: 'object', required: ['ok'], properties: { ok: { type: 'boolean' } } },
      },
    },
    { key: 'home', final: true },
  ],
}

/** The same without a file: only a word of the agent ends its phase. */
const REPORT: WorkflowDefinition = {
  ...ERRAND,
  name: 'report',
  phases: [
    { key: 'go', next: ['home'], role: 'runner' },
    { key: 'home', final: true },
  ],
}

/** A real server, in a process and with a database of its own. */
export interface Server {
  readonly url: string
  readonly token: string
  readonly pawl: Pawl
  close(): Promise<void>
}

export async function startServer(): Promise<Server> {
  const folder = await mkdtemp(join(tmpdir(), 'pawl-agents-server-'))
  const { PATH = '', HOME = '' } = process.env
  const child = spawn(process.execPath, [PAWL, 'serve'], {
    cwd: folder,
    env: { PATH, HOME, PAWL_DATA: join(folder, 'data'), PAWL_PORT: '0' },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  const url = await findUrl(child)
  const token = (await readFile(join(folder, 'data/token'), 'utf8')).trim()
  const pawl = createPawl({ url, token })
  for (const workflow of [ERRAND, REPORT]) unwrap(await pawl.workflows.register(workflow))
  return {
    url,
    token,
    pawl,
    async close() {
      child.kill('SIGTERM')
      await once(child, 'close')
      await rm(folder, { recursive: true, force: true })
    },
  }
}

/** The address that a server prints when it listens. */
function findUrl({ stdout, stderr }: ChildProcess): Promise<string> {
  return new Promise((resolve, reject) => {
    let printed = ''
    const take = (bytes: Buffer) => {
      printed += String(bytes)
      const url = /http:\/\/(?:127\.0\.0\.1|localhost):\d+/.exec(printed)?.[0]
      if (url !== undefined) resolve(url)
    }
    stdout?.on('data', take)
    stderr?.on('data', take)
    stdout?.once('close', () => reject(new Error(`the server ended: ${printed}`)))
  })
}

/** A worker in a process of its own. */
export interface Worker {
  readonly news: WorkerNews[]
  /** SIGKILL: nobody is told. */
  kill(): Promise<void>
  /** Ends it and its agents. */
  stop(): Promise<void>
}

/** Where an agent is put on trial: a folder, a HOME, a model, and workers that take only its runs. */
export class Stage {
  readonly agent: RealAgent
  readonly server: Server
  readonly model: ScriptedModel
  readonly #folder: string
  readonly #workers: Worker[] = []
  #trials = 0
  /** Where the agent of the present trial works. */
  workspace = ''
  #label = ''

  private constructor(agent: RealAgent, server: Server, model: ScriptedModel, folder: string) {
    this.agent = agent
    this.server = server
    this.model = model
    this.#folder = folder
  }

  static async set(agent: RealAgent, server: Server): Promise<Stage> {
    const folder = await mkdtemp(join(tmpdir(), `pawl-agents-${agent.name}-`))
    const model = await startScriptedModel()
    await writeHome(join(folder, 'home'), agent.settle(model.url).files)
    return new Stage(agent, server, model, folder)
  }

  /** Begins a trial: with a workspace of its own, and a run that only its workers take. */
  async begin(workflow = 'errand'): Promise<string> {
    this.#trials += 1
    this.#label = `${this.agent.name}-${this.#trials}`
    this.workspace = join(this.#folder, `work-${this.#trials}`)
    await mkdir(this.workspace)
    const { run } = unwrap(
      await this.server.pawl.runs.start({ workflow, title: 'TASK', labels: [this.#label] }),
    )
    return run.id
  }

  /** Starts a worker with the agent's preset. */
  async work(more: Readonly<Record<string, unknown>> = {}): Promise<Worker> {
    const { PATH = '', LANG = 'C.UTF-8' } = process.env
    const definition = this.agent.definition ?? { preset: this.agent.name }
    const config = join(this.#folder, `worker-${this.#trials}.json`)
    const env = {
      ...this.agent.settle(this.model.url).env,
      HOME: join(this.#folder, 'home'),
      PATH: pathOf(this.agent),
      LANG,
    }
    await writeFile(
      config,
      JSON.stringify({
        labels: [this.#label],
        leaseSeconds: 5,
        state: join(this.#folder, 'state'),
        workspace: { directory: this.workspace, root: join(this.#folder, 'worktrees') },
        agents: { default: { ...definition, killAfterSeconds: 3, env, ...more } },
      }),
    )
    const child = spawn(process.execPath, [PAWL, 'worker', '--json', '--config', config], {
      cwd: this.#folder,
      env: {
        PATH,
        HOME: join(this.#folder, 'home'),
        PAWL_URL: this.server.url,
        PAWL_TOKEN: this.server.token,
        // by which agents start `pawl mcp`
        PAWL: `${process.execPath} ${PAWL}`,
      },
      stdio: ['ignore', 'pipe', 'inherit'],
    })
    const news: WorkerNews[] = []
    const closed = once(child, 'close')
    createInterface(child.stdout).on('line', (line) => news.push(JSON.parse(line) as WorkerNews))
    const end = async (...signals: NodeJS.Signals[]) => {
      for (const signal of signals) child.kill(signal)
      await closed
    }
    const worker = {
      news,
      kill: () => end('SIGKILL'),
      async stop() {
        child.kill('SIGTERM')
        await Promise.race([closed, sleep(2_000)])
        await end('SIGTERM')
      },
    }
    this.#workers.push(worker)
    return worker
  }

  /** Ends what the trial left, and the run. */
  async end(runId: string): Promise<void> {
    await Promise.all(this.#workers.splice(0).map((worker) => worker.stop()))
    await this.server.pawl.runs.cancel(runId, {})
  }

  async run(runId: string): Promise<RunDetail> {
    const run = await this.server.pawl.runs.get(runId)
    if (!run) throw new Error('the run is gone')
    return run
  }

  /** The run as soon as it is so. */
  async until(runId: string, isSo: (run: RunDetail) => boolean): Promise<RunDetail> {
    for (;;) {
      const run = await this.run(runId)
      if (isSo(run)) return run
      if (run.isSettled) throw new Error(`the run ended ${run.status} (${run.reason})`)
      const asked = await this.question(runId)
      if (asked) throw new Error(`a person is asked: ${asked.question}`)
      await sleep(100)
    }
  }

  /** What a person is asked; undefined where nothing is. */
  async question(runId: string): Promise<Approval | undefined> {
    const { nodes } = await this.server.pawl.approvals.list({ runId })
    return nodes.find(({ status }) => status === 'PENDING')
  }

  async asked(runId: string): Promise<Approval> {
    for (;;) {
      const asked = await this.question(runId)
      if (asked) return asked
      const run = await this.run(runId)
      if (run.isSettled) throw new Error(`the run ended ${run.status} (${run.reason}), and nobody is asked`)
      await sleep(100)
    }
  }

  /** Resolves when the agent has made this file in its workspace. */
  async made(name: string): Promise<void> {
    while (!existsSync(join(this.workspace, name))) await sleep(50)
  }

  /** Processes that the executions of a run have left. */
  async leftovers(runId: string): Promise<number[]> {
    const { nodes } = await this.server.pawl.executions.list({ filter: { runId }, first: 100 })
    return nodes.flatMap(({ id }) => findByVariable('PAWL_EXECUTION_ID', id)).map(({ pid }) => pid)
  }

  /** Removes all that the agent has kept in its HOME. */
  async forget(): Promise<void> {
    const home = join(this.#folder, 'home')
    await rm(home, { recursive: true, force: true })
    await writeHome(home, this.agent.settle(this.model.url).files)
  }

  async close(): Promise<void> {
    await this.model.close()
    await rm(this.#folder, { recursive: true, force: true })
  }
}
