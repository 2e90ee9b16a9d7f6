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
import { DirectoryBackoff } from './run/directoryBackoff.ts'
import { keepTidy } from './agent/tidySessions.ts'
import { HOST } from './run/workspace.ts'

/** How a worker is started. */
export interface StartWorkerOptions {
  readonly pawl: Pawl
  /** The server, as the worker's agents reach it. */
  readonly url: string
  /** Who owns the runs, as others see it. */
  readonly owner: string
  readonly config: WorkerConfig
  /** What agents inherit from. Default: this process's environment. */
  readonly env?: NodeJS.ProcessEnv
  /** Told of what happens. */
  readonly report?: (news: WorkerNews) => void
  /** Awaited between any two steps of driving a run. */
  readonly onStep?: OnStep
  /** How often it looks for runs where the server tells of none, in milliseconds. Default 5,000. */
  readonly pollMs?: number
}

/** A worker that takes runs and has agents work on them. */
export interface RunningWorker {
  /** Resolves when it has stopped; rejects where it may not work. */
  readonly finished: Promise<void>
  /** How many runs it owns at present. */
  readonly ownedCount: number
  /**
   * Takes no more runs and begins no more phases. Those at work may go on for so many seconds (default: the configuration's
   * `drainSeconds`); then their agents are stopped, and the runs are given back.
   */
  drain(seconds?: number): Promise<void>
  /** Kills the agents at once, and gives the runs back. */
  kill(): Promise<void>
}

/** Makes the folder of what agents keep, which is none of the files of a repository that it stands in. */
function prepareState(state: string): string {
  const path = resolve(state)
  try {
    mkdirSync(path, { recursive: true, mode: 0o700 })
    const ignored = join(path, '.gitignore')
    if (!existsSync(ignored)) writeFileSync(ignored, '*\n')
  } catch {
    // what can't be kept here is told by the session that needs it
  }
  return path
}

/** Starts a worker, which goes on until it is drained or killed. */
export function startWorker(options: StartWorkerOptions): RunningWorker {
  const {
    pawl,
    url,
    owner,
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
    directoryBackoff: new DirectoryBackoff(),
    pawl,
    config,
    report,
    onStep,
    isDraining: () => isDraining,
    isHurried: () => isHurried,
  }
  const { workflows, labels, project, concurrency, leaseSeconds } = config
  const mayTake = () => readiness.mayTake()
  const claims = {
    owner,
    workflows,
    labels,
    project,
    concurrency,
    leaseSeconds,
    pollMs: options.pollMs,
    mayTake,
  }
  const onError = (error: unknown) => report({ kind: 'trouble', message: describe(error) })
  const atWork = new Set<string>()
  const worker = pawl.worker({ ...claims, onError }, async (owned) => {
    atWork.add(owned.run.id)
    await driveRun(tools, owned).finally(() => atWork.delete(owned.run.id))
  })
  report({ kind: 'started', owner, workflows: workflows ?? null })
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
    // While the server is away, the others say so.
    onError: (error) => error instanceof PawlConnectionError || onError(error),
  })
  // Neither goes on without the other: a worker that may not serve may not work.
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

/** Where Pawl itself keeps things on this machine, as far as the worker knows. */
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
