import { randomUUID } from 'node:crypto'
import { unwrap } from '@pawl/sdk'
import type { RunDetail } from '@pawl/sdk'
import { awaitRun, showEvents } from './followFeed.ts'
import type { Demo } from './demo.ts'
import { ownFile } from './ownFile.ts'
import { quoteWord } from '../../text/quoteCommand.ts'

/** The agents that come with Pawl, compiled, by what they do. */
const AGENTS = {
  review: 'dist/examples/review-agent/agent.js',
  delivery: 'dist/examples/delivery-agent/agent.js',
} as const

/** An agent to be run by `pawl exec`. */
export interface AgentAtWork {
  /** Default: `review`. */
  readonly agent?: keyof typeof AGENTS
  /** Options for `pawl exec`, besides the label. */
  readonly words: readonly string[]
  /** Options for the agent. */
  readonly agentWords?: readonly string[]
  /** `seq` of the last event that was already shown. */
  readonly after?: number
  /** Called as soon as the id of the run is known. */
  readonly onRun?: (runId: string) => Promise<void>
}

/** How it ended. */
export interface AgentEnded {
  readonly run: RunDetail
  readonly exitCode: number
}

/**
 * Runs an agent under `pawl exec`, and shows what both print together with the run's events as a subscription delivers them, until
 * the run has settled or `pawl exec` has ended.
 */
export async function showAgent(demo: Demo, work: AgentAtWork & { runId?: string }): Promise<AgentEnded> {
  const { narrator, commands, pawl } = demo
  const agent = ['node', ownFile(AGENTS[work.agent ?? 'review']), ...(work.agentWords ?? [])]
  narrator.command(['pawl exec', ...work.words.map(quoteWord), '--', ...agent.map(quoteWord)].join(' '))
  narrator.gap()
  const label = `demo-${randomUUID().slice(0, 8)}`
  const { feedCursor } = await pawl.runs.list({ first: 1 })
  const labelled = work.runId ? [] : ['--label', label]
  const pace = demo.pace > 0 && !work.agentWords?.includes('--pace') ? ['--pace', String(demo.pace)] : []
  const ended = commands.run(
    ['exec', '--shared', ...work.words, ...labelled, '--', ...agent, ...pace],
    (line, stream) => narrator.echo(line, stream === 'stdout' ? 'agent' : ''),
  )
  const over = new AbortController()
  const signal = AbortSignal.any([demo.signal, over.signal])
  try {
    const first = () => awaitRun(pawl, { label, after: feedCursor, signal })
    const runId = work.runId ?? (await Promise.race([first(), ended.then(stoppedShort)])).id
    const left = new AbortController()
    const live = AbortSignal.any([signal, left.signal])
    const shown = showEvents(pawl, narrator, { runId, after: work.after ?? 0, signal: live })
    const [exitCode] = await Promise.all([ended, work.onRun?.(runId)])
    const { run } = unwrap(await pawl.runs.resolve({ runId }))
    if (!run.isSettled) left.abort()
    await showEvents(pawl, narrator, { runId, after: await shown, upTo: run.revision, signal })
    return { run, exitCode }
  } finally {
    over.abort()
  }
}

function stoppedShort(): never {
  throw new Error('pawl exec ended before its run appeared')
}
