import { PawlConnectionError } from '@pawl/sdk'
import type { Pawl } from '@pawl/sdk'
import { existsSync, mkdirSync, writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { serveWorkspaces } from '../workspaces/serve/serveWorkspaces.ts'
import type { WorkerConfig } from './config/config.ts'
import { driveRun } from './driveRun.ts'
import type { WorkerNews } from './run/news.ts'
import type { AgentEnvironment } from './run/runContext.ts'
import type { OnStep } from './run/steps.ts'
import type { OwnDirectory } from '../ownDirectories.ts'
import { Readiness } from './run/readiness.ts'
import { Backoff } from './run/backoff.ts'
import { describeAgents, reportInstalledAgents } from './agent/installedAgents.ts'
import type { InstalledAgent } from '../adapters/agentVersions.ts'
import { keepTidy } from './agent/tidySessions.ts'
import { HOST } from './run/workspace.ts'

/** Options of `startWorker`. */
export interface StartWorkerOptions {
  readonly pawl: Pawl
  /** URL under which the worker's agents reach the server. */
  readonly url: string
  /** What the worker is, with its version, as others see it. */
  readonly program?: string | undefined
  /** Owner name recorded on the runs that the worker claims. */
  readonly owner: string
  readonly config: WorkerConfig
  /** Environment that agents inherit from. Default: this process's environment. */
  readonly env?: NodeJS.ProcessEnv
  /** Called with each event of the worker and its runs. */
  readonly report?: (news: WorkerNews) => void
  /** Awaited between any two steps of driving a run. */
  readonly onStep?: OnStep
  /** How often to poll for runs when no notification arrives, in milliseconds. Default 5,000. */
  readonly pollMs?: number
}

/** A worker that claims runs and has agents work on them. */
export interface RunningWorker {
  /** Resolves when the worker has stopped; rejects when it can't continue: the server refuses it, or the workspace service failed. */
  readonly finished: Promise<void>
  /** Number of runs that the worker currently owns. */
  readonly ownedCount: number
  /**
   * Stops claiming runs and starting phases. Phases under way may continue for `seconds` (default: the configuration's
   * `drainSeconds`); then their agents are stopped and the runs are released.
   */
  drain(seconds?: number): Promise<void>
  /** Kills the agents immediately and releases the runs. */
  kill(): Promise<void>
}

/** Creates the folder for agent sessions, with a `.gitignore` so that a surrounding repository does not pick it up. */
function prepareState(state: string): string {
  const path = resolve(state)
  try {
    mkdirSync(path, { recursive: true, mode: 0o700 })
    const ignored = join(path, '.gitignore')
    if (!existsSync(ignored)) writeFileSync(ignored, '*\n')
  } catch {
    // The session that needs the folder reports the error.
  }
  return path
}

/** Starts a worker, which runs until it is drained or killed. */
export function startWorker(options: StartWorkerOptions): RunningWorker {
  const {
    pawl,
    url,
    owner,
    program,
    config,
    env = process.env,
    report = () => undefined,
    onStep = () => undefined,
  } = options
  let isDraining = false
  let isHurried = false
  const ways: AgentEnvironment = { url, env, stateRoot: prepareState(config.state) }
  const own = ownDirectoriesOf(config, env)
  const readiness = new Readiness({ config, env, stateRoot: ways.stateRoot, own, report })
  const tools = {
    ...ways,
    own,
    isReady: () => readiness.isReady(),
    directoryBackoff: new Backoff(),
    modelBackoff: new Backoff(),
    pawl,
    config,
    report,
    onStep,
    isDraining: () => isDraining,
    isHurried: () => isHurried,
  }
  const { workflows, labels, project, concurrency, leaseSeconds } = config
  const mayTake = () => readiness.mayTake()
  let installed: ReadonlyMap<string, InstalledAgent> = new Map()
  const facts = () => ({
    host: HOST,
    program,
    agents: describeAgents(config.agents, installed),
    problem: readiness.problem,
  })
  const claims = {
    owner,
    workflows,
    labels,
    project,
    concurrency,
    leaseSeconds,
    pollMs: options.pollMs,
    mayTake,
    facts,
  }
  const onError = (error: unknown) => report({ kind: 'trouble', message: describe(error) })
  const atWork = new Set<string>()
  const worker = pawl.worker({ ...claims, onError }, async (owned) => {
    atWork.add(owned.run.id)
    await driveRun(tools, owned).finally(() => atWork.delete(owned.run.id))
  })
  report({ kind: 'started', owner, workflows: workflows ?? null })
  const findAgents = async () => {
    installed = await reportInstalledAgents(config, env, report)
    worker.announce()
  }
  void findAgents().catch(onError)
  const left = new AbortController()
  const serving = serveWorkspaces({
    pawl,
    host: HOST,
    worker: owner,
    settings: config.workspace,
    signal: left.signal,
    onError,
  })
  const tidying = keepTidy({
    pawl,
    stateRoot: ways.stateRoot,
    isAtWork: (runId) => atWork.has(runId),
    report,
    signal: left.signal,
    // The claim loop and the workspace service already report an unreachable server.
    onError: (error) => error instanceof PawlConnectionError || onError(error),
  })
  // A worker that may not serve workspaces may not work on runs either.
  serving.catch(() => void worker.stop().catch(() => undefined))
  const finish = async () => {
    try {
      await worker.finished
    } finally {
      left.abort()
      await Promise.all([serving, tidying])
    }
  }
  const finished = finish()
  finished.catch(() => undefined)
  const stop = async (timeoutMs: number) => {
    await worker.stop({ timeoutMs })
    await finished
  }
  return {
    finished,
    get ownedCount() {
      return worker.ownedCount
    },
    drain(seconds = config.drainSeconds) {
      isDraining = true
      report({ kind: 'draining', held: worker.ownedCount, seconds })
      return stop(seconds * 1_000)
    },
    kill() {
      isDraining = true
      isHurried = true
      return stop(0)
    },
  }
}

/** Pawl's own directories on this machine, as far as the worker knows them. */
function ownDirectoriesOf({ state, workspace }: WorkerConfig, env: NodeJS.ProcessEnv): OwnDirectory[] {
  const worktrees = resolve(workspace.root ?? join('.pawl', 'workspaces'))
  return [
    { path: resolve(state), holds: "the worker keeps its agents' sessions" },
    { path: join(worktrees, '.pawl'), holds: 'the worker keeps what it knows of workspaces' },
    { path: resolve(env['PAWL_DATA'] || '.pawl'), holds: "a server's data is kept" },
  ]
}

function describe(error: unknown): string {
  if (error instanceof PawlConnectionError) return `the server can't be reached: ${error.message}`
  return error instanceof Error ? error.message : String(error)
}
