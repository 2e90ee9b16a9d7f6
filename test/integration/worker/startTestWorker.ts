import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createPawl } from '@pawl/sdk'
import type { Pawl } from '@pawl/sdk'
import { workerConfigSchema } from '../../../src/worker/config.ts'
import type { WorkerNews } from '../../../src/worker/news.ts'
import { startWorker } from '../../../src/worker/startWorker.ts'
import type { RunningWorker } from '../../../src/worker/startWorker.ts'
import type { OnStep } from '../../../src/worker/steps.ts'
import type { TestServer } from '../../support/server.ts'

/** A program of Node.js as an agent: what it does with each prompt, as the body of a function of `prompt` and `run`. */
export function nodeAgent(body: string) {
  const program = `
    const fs = require('node:fs'), path = require('node:path'), { spawn, spawnSync } = require('node:child_process')
    const prompt = fs.readFileSync(0, 'utf8')
    const phase = /in its phase “(.*?)”/.exec(prompt)?.[1]
    ;(async () => { ${body} })()`
  return { adapter: 'process' as const, command: [process.execPath, '-e', program], prompt: 'stdin' as const }
}

/** A place for a worker and its runs, removed at the end. */
export interface Bench {
  readonly folder: string
  readonly workspace: string
  readonly pawl: Pawl
  /** What persons do. */
  readonly person: Pawl
  readonly news: WorkerNews[]
  start(config: Record<string, unknown>, options?: { onStep?: OnStep; owner?: string }): RunningWorker
  remove(): Promise<void>
}

/** Prepares one on a server. */
export async function prepareBench(server: TestServer): Promise<Bench> {
  const folder = await mkdtemp(join(tmpdir(), 'pawl-worker-'))
  const workspace = await mkdtemp(join(folder, 'workspace-'))
  const { secret } = await server.createToken({ role: 'WORKER', name: 'worker' })
  const pawl = createPawl({ url: server.url, token: secret })
  const person = createPawl({ url: server.url, token: server.adminToken })
  const news: WorkerNews[] = []
  const workers: RunningWorker[] = []
  return {
    folder,
    workspace,
    pawl,
    person,
    news,
    start(config, { onStep, owner = 'worker-1' } = {}) {
      const worker = startWorker({
        pawl,
        url: server.url,
        owner,
        config: workerConfigSchema.parse({
          leaseSeconds: 5,
          state: join(folder, 'state'),
          workspace: { directory: workspace, root: join(folder, 'worktrees') },
          ...config,
        }),
        report: (item) => news.push(item),
        ...(onStep && { onStep }),
      })
      workers.push(worker)
      return worker
    },
    async remove() {
      await Promise.all(workers.map((worker) => worker.kill()))
      await rm(folder, { recursive: true, force: true })
    },
  }
}
