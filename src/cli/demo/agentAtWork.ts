import { randomUUID } from 'node:crypto'
import { unwrap } from '@pawl/sdk'
import type { RunDetail } from '@pawl/sdk'
import { awaitRun, showEvents } from './followFeed.ts'
import type { Scene } from './tellStory.ts'

const AGENT = ['node', '--import', 'tsx', 'examples/review-agent/agent.ts']

/** An agent under `pawl exec`. */
export interface AgentAtWork {
  /** What `pawl exec` is told beside the label. */
  readonly words: readonly string[]
  /** What the agent is told. */
  readonly agentWords?: readonly string[]
  /** The run's last event that was shown already. */
  readonly after?: number
  /** Called when the run is known. */
  readonly onRun?: (runId: string) => Promise<void>
}

/** What came of it. */
export interface AgentEnded {
  readonly run: RunDetail
  readonly exitCode: number
}

/**
 * Lets the review agent work under `pawl exec`, with what both print and the events of the run as the server's
 * subscriptions bring them.
 */
export async function showAgent(scene: Scene, work: AgentAtWork & { runId?: string }): Promise<AgentEnded> {
  const { stage, backstage, pawl } = scene
  const agent = [...AGENT, ...(work.agentWords ?? [])]
  stage.command(['pawl exec', ...work.words.map(quote), '--', ...agent].join(' '))
  stage.gap()
  const label = `demo-${randomUUID().slice(0, 8)}`
  const { feedCursor } = await pawl.runs.list({ first: 1 })
  const feed = work.runId ? undefined : awaitRun(pawl, label, feedCursor)
  const labelled = work.runId ? [] : ['--label', label]
  const pace = scene.pace > 0 && !work.agentWords?.includes('--pace') ? ['--pace', String(scene.pace)] : []
  const ended = backstage.run(['exec', ...work.words, ...labelled, '--', ...agent, ...pace], (line, stream) =>
    stage.echo(line, stream === 'stdout' ? 'agent' : ''),
  )
  try {
    const runId =
      work.runId ?? (await Promise.race([feed?.first, ended.then(stoppedShort)]))?.id ?? stoppedShort()
    const shown = showEvents(pawl, stage, { runId, after: work.after ?? 0 })
    await work.onRun?.(runId)
    const exitCode = await ended
    await shown
    const run = unwrap(await pawl.runs.resolve({ runId })).run
    return { run, exitCode }
  } finally {
    feed?.end()
  }
}

function stoppedShort(): never {
  throw new Error('pawl exec ended before its run came up')
}

function quote(word: string): string {
  return /^[\w./=:-]+$/.test(word) ? word : `'${word}'`
}
