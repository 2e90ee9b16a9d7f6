import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createPawl, unwrap } from '@pawl/sdk'
import type { Approval, Decision, JsonValue, Pawl, RunDetail, WorkflowDefinition } from '@pawl/sdk'
import { workerConfigSchema } from '../../../src/worker/config/config.ts'
import type { WorkerNews } from '../../../src/worker/run/news.ts'
import { startWorker } from '../../../src/worker/startWorker.ts'
import type { RunningWorker } from '../../../src/worker/startWorker.ts'
import type { OnStep } from '../../../src/worker/run/steps.ts'
import type { TestServer } from '../../support/server.ts'

/** A line of a shell as an agent; `$prompt` is what it is asked, `$phase` the phase. */
export function shellAgent(script: string, more: Readonly<Record<string, unknown>> = {}) {
  const begin = `prompt=$(cat); phase=$(printf %s "$prompt" | sed -n 's/.*in its phase “\\([^”]*\\)”.*/\\1/p')`
  return {
    adapter: 'process' as const,
    command: ['/bin/sh', '-c', `${begin}\n${script}`],
    prompt: 'stdin' as const,
    killAfterSeconds: 2,
    ...more,
  }
}

/** One phase that hands over `out.json`, and the end. */
export const ERRAND = {
  name: 'errand',
  version: 1,
  initialPhase: 'go',
  onOwnerLost: 'REQUEUE',
  phases: [
    {
      key: 'go',
      next: ['home'],
      role: 'runner',
      artifact: { path: 'out.json', schema: { type: 'object', required: ['ok'] } },
    },
    { key: 'home', final: true },
  ],
} as const satisfies WorkflowDefinition

/** What of a worker's configuration a test says. */
type Said = Readonly<Record<string, unknown>>

/** A worker's place: a folder with a workspace, and runs that no other test's worker takes. */
export class Bench {
  readonly label: string
  readonly folder: string
  readonly workspace: string
  /** As the worker signs in. */
  readonly pawl: Pawl
  /** As a person does. */
  readonly person: Pawl
  readonly news: WorkerNews[] = []
  readonly #url: string
  readonly #token: string
  readonly #workers: RunningWorker[] = []

  private constructor(
    folder: string,
    workspace: string,
    { url, token, pawl, person }: { url: string; token: string; pawl: Pawl; person: Pawl },
  ) {
    this.folder = folder
    this.workspace = workspace
    this.label = folder.slice(-6).toLowerCase()
    this.#url = url
    this.#token = token
    this.pawl = pawl
    this.person = person
  }

  static async prepare(server: TestServer): Promise<Bench> {
    const folder = await mkdtemp(join(tmpdir(), 'pawl-worker-'))
    const workspace = await mkdtemp(join(folder, 'workspace-'))
    const { secret } = await server.createToken({ role: 'WORKER' })
    const pawl = createPawl({ url: server.url, token: secret })
    const person = createPawl({ url: server.url, token: server.adminToken })
    return new Bench(folder, workspace, { url: server.url, token: secret, pawl, person })
  }

  /** Starts a worker with these agents. */
  start(
    agents: Said,
    said: Said & { onStep?: OnStep; owner?: string; url?: string; pollMs?: number } = {},
  ): RunningWorker {
    const { onStep, owner = 'worker-1', url, pollMs, ...config } = said
    const worker = startWorker({
      pawl: url === undefined ? this.pawl : createPawl({ url, token: this.#token }),
      url: url ?? this.#url,
      owner,
      config: workerConfigSchema.parse({ ...this.settings, agents, ...config }),
      report: (item) => this.news.push(item),
      ...(onStep && { onStep }),
      ...(pollMs !== undefined && { pollMs }),
    })
    this.#workers.push(worker)
    return worker
  }

  /** What every worker of this place is told. */
  get settings() {
    return {
      labels: [this.label],
      state: join(this.folder, 'state'),
      workspace: { directory: this.workspace, root: join(this.folder, 'worktrees') },
    }
  }

  /** Starts a run that this place's worker takes. */
  async begin(workflow: string, fields: { title?: string; input?: JsonValue } = {}): Promise<string> {
    return unwrap(await this.person.runs.start({ workflow, labels: [this.label], ...fields })).run.id
  }

  /** The run, as soon as it is so. */
  async until(runId: string, isSo: (run: RunDetail) => boolean): Promise<RunDetail> {
    for await (const _ of this.person.runs.watch(runId)) {
      const run = await this.look(runId)
      if (isSo(run)) return run
    }
    const run = await this.look(runId)
    if (isSo(run)) return run
    throw new Error(
      `the run ended ${run.status} (${run.reason}): ${run.error}\n${await this.tellStory(runId)}`,
    )
  }

  settled(runId: string): Promise<RunDetail> {
    return this.until(runId, ({ isSettled }) => isSettled)
  }

  async look(runId: string): Promise<RunDetail> {
    const run = await this.person.runs.get(runId)
    if (!run) throw new Error('the run is gone')
    return run
  }

  /** The run, when a person is asked, with the question. */
  async asked(runId: string): Promise<{ run: RunDetail; approval: Approval }> {
    const run = await this.until(runId, (now) => now.nextAction === 'DECIDE_APPROVAL' || now.isSettled)
    const { nodes } = await this.person.approvals.list({ runId })
    const approval = nodes.find(({ status }) => status === 'PENDING')
    if (!approval) throw new Error(`nobody is asked: ${run.status} (${run.reason}): ${run.error}`)
    return { run, approval }
  }

  /** Decides the question that is open, or the next that will be. */
  async decide(runId: string, decision: Decision, comment?: string): Promise<void> {
    const { approval } = await this.asked(runId)
    const { id, digest } = approval
    unwrap(await this.person.approvals.decide(id, { decision, digest, ...(comment && { comment }) }))
  }

  /** The log's sentences. */
  async tellStory(runId: string): Promise<string> {
    const { revision } = await this.look(runId)
    const lines: string[] = []
    for await (const { seq, summary } of this.person.runs.events(runId)) {
      lines.push(`${seq} ${summary}`)
      if (seq >= revision) break
    }
    return lines.join('\n')
  }

  /** What an agent has left in the workspace; its own lines where it keeps several. */
  async read(file: string): Promise<string> {
    return (await readFile(join(this.workspace, file), 'utf8')).trim()
  }

  /** Kills what still works, and removes the folder. */
  async remove(): Promise<void> {
    await Promise.all(this.#workers.map((worker) => worker.kill()))
    await rm(this.folder, { recursive: true, force: true })
  }
}

/** Whether any process has this pid and still does something. */
export async function isAlive(pid: number): Promise<boolean> {
  const stat = await readFile(`/proc/${pid}/stat`, 'latin1').catch(() => '')
  return stat !== '' && !'ZXx'.includes(stat.slice(stat.lastIndexOf(')') + 2, stat.lastIndexOf(')') + 3))
}
