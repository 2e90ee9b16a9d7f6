import { type Pawl, type TranscriptEntryInput, unwrap } from '@pawl/sdk'
import { toOutput } from '../support/entries.ts'
import {
  answerDiffs,
  askInWorktree,
  awaitApproval,
  deliverWhole,
  endIncomplete,
  startHeld,
  startQueued,
} from './driving.ts'

/** Output with the colours of a terminal. */
const PUT_OUT = [
  '\u001B[1m> context\u001B[0m\n',
  '\u001B[32m✓\u001B[0m reading src/retry.ts \u001B[2m(61 lines)\u001B[0m\n',
  '\u001B[33mwarn\u001B[0m \u001B[36msrc/clock.ts\u001B[0m is not covered by any test, and this line is long enough to be wrapped on every screen there is, however wide the person at it has made the window of the browser that shows it\n',
  ...['31', '32', '33', '34', '35', '36', '37', '90'].map(
    (code) => `\u001B[${code}mcolour ${code}\u001B[0m `,
  ),
  '\n',
  ...['41', '42', '43', '44', '45', '46', '47'].map((code) => `\u001B[${code}mground ${code}\u001B[0m `),
  '\n',
]

/** What an agent says and does in a turn. */
function toTurn(key: string): TranscriptEntryInput[] {
  const steps = [
    { text: 'Read the retries', status: 'COMPLETED' },
    { text: 'Bound them', status: 'IN_PROGRESS' },
    { text: 'Test them', status: 'PENDING' },
  ] as const
  const call = { key: `${key}-1`, title: 'npm test -- retry', toolKind: 'EXECUTE' } as const
  return [
    { thought: { text: 'The deadline is swallowed somewhere below `withDeadline`.' } },
    { plan: { steps: [...steps] } },
    {
      message: {
        text: `The retry **never** stops in \`${key}\`:\n\n- \`withDeadline\` swallows the reason\n- nothing counts`,
      },
    },
    {
      toolCall: {
        ...call,
        toolStatus: 'COMPLETED',
        locations: [{ path: 'src/retry.ts', line: 61 }],
        output: '12 passed\n1 failed',
      },
    },
    { toolCall: { title: 'Read src/clock.ts', toolKind: 'READ', toolStatus: 'IN_PROGRESS' } },
    {
      diff: {
        path: 'src/retry.ts',
        hunks:
          '@@ -10,3 +10,4 @@\n export function retry() {\n-  return once()\n+  // three times\n+  return times(3)\n }\n',
      },
    },
    { permission: { title: 'rm -rf dist', toolKind: 'EXECUTE', state: 'DENIED', note: 'not there' } },
    { error: { code: 'OVERLOADED', message: 'The model is overloaded; it is asked again' } },
    {
      usage: {
        model: 'sonnet',
        inputTokens: 12_000,
        outputTokens: 640,
        costMicros: 41_000,
        currency: 'USD',
        durationMs: 8_200,
      },
    },
  ]
}

/** A page, with what has to be there before it is looked at. */
export interface FurnishedPage {
  readonly name: string
  readonly path: string
  readonly ready: string
}

/** Makes runs of every kind, so that the pages show everything they can; returns the pages. */
export async function furnish(pawl: Pawl, signal: AbortSignal): Promise<readonly FurnishedPage[]> {
  await startQueued(pawl, { workflow: 'map', title: 'Map the billing service', labels: ['weekly'] })
  await startQueued(pawl, { title: 'PR 44: drop the second cache', labels: ['pr', 'web'] })
  const { id, fence } = await startHeld(pawl, {
    title: 'PR 31: retries that end',
    labels: ['pr', 'web'],
    input: { pr: 31, branch: 'fix/retry' },
  })
  await startQueued(pawl, { workflow: 'map', title: 'Map what the retry touches', parentRunId: id })
  const { session } = unwrap(await pawl.sessions.open(id, { fence, role: 'reviewer', adapter: 'process' }))
  for (const status of ['BOOTSTRAPPING', 'READY'] as const)
    unwrap(await pawl.sessions.update(session.id, status, { fence }))
  unwrap(await pawl.executions.start({ runId: id, fence, command: 'agent --review', pid: 4242 }))
  let fromSeq = 1
  for (const [index, key] of ['context', 'change-context', 'analysis', 'reviews'].entries()) {
    unwrap(
      index === 0
        ? await pawl.phases.start(id, key, { fence })
        : await pawl.phases.advance(id, key, { fence }),
    )
    const prompt = { fence, phase: key, dedupKey: key }
    unwrap(await pawl.sessions.recordPrompt(session.id, { ...prompt, stage: 'SENDING' }))
    unwrap(await pawl.sessions.recordPrompt(session.id, { ...prompt, stage: 'SENT' }))
    const task = `You are the reviewer of this run, at ${key}.\n\n## Task\n\nSay what ends the retries.`
    const entries = [{ prompt: { text: task } }, ...(index === 0 ? toOutput(...PUT_OUT) : toTurn(key))]
    unwrap(await pawl.sessions.append(session.id, { fence, fromSeq, entries }))
    fromSeq += entries.length
    if (key !== 'reviews') unwrap(await pawl.sessions.update(session.id, 'READY', { fence }))
    const content = `# ${key}\n\nThe retry **never** stops.\n\n- \`withDeadline\` swallows the reason\n\n| file | lines |\n| --- | --- |\n| retry.ts | 61 |\n\n\`\`\`ts\nawait retry(3)\n\`\`\`\n`
    if (key !== 'reviews') unwrap(await pawl.artifacts.submit(id, key, { fence, path: `${key}.md`, content }))
  }
  unwrap(await pawl.messages.send(id, 'Leave the tests alone, please.'))
  const delivery = await startHeld(pawl, { workflow: 'delivery', title: 'Give every request a deadline' })
  await awaitApproval(pawl, delivery, '# Plan\n\n1. One place for retries\n2. A deadline for each')
  const asked = (await pawl.approvals.list({ runId: delivery.id })).nodes[0]?.id ?? ''
  const changed = await askInWorktree(pawl, 'Retry three times')
  void answerDiffs(pawl, changed.host, signal)
  const stuck = await startHeld(pawl, {
    workflow: 'delivery',
    title: 'Replace the compiler',
    labels: ['linux'],
  })
  unwrap(await pawl.phases.start(stuck.id, 'plan', { fence: stuck.fence }))
  const error = { class: 'HUMAN_REQUIRED', code: 'LICENCE', message: 'The compiler has no licence' } as const
  const recovery = {
    gate: 'licence',
    question: 'Is there a licence now?',
    payload: { host: 'ci-3', tried: 2 },
  }
  unwrap(await pawl.phases.fail(stuck.id, 'plan', { fence: stuck.fence, error, recovery }))
  const incomplete = await startHeld(pawl, {
    title: 'PR 30: migrate the feed to snapshots',
    labels: ['pr', 'db'],
  })
  await endIncomplete(pawl, incomplete)
  const failed = await startHeld(pawl, { title: 'PR 25: a flaky clock in tests', labels: ['pr'] })
  unwrap(await pawl.runs.fail(failed.id, { fence: failed.fence, error: 'The agent exited with 1' }))
  const done = await deliverWhole(pawl, 'One table of runs')
  await deliverWhole(pawl, 'Ship the changelog')
  const old = await deliverWhole(pawl, 'Shipped long ago', { project: 'old', input: { pr: 12 } })
  unwrap(await pawl.removeContent({ project: 'old', olderThanSeconds: 0, isDryRun: false }))
  unwrap(await pawl.runs.cancel(await startQueued(pawl, { title: 'Nightly review of main' })))
  unwrap(await pawl.runs.cancel((await startHeld(pawl, { title: 'Review of the old parser' })).id))
  const agents = [
    { role: 'planner', adapter: 'acp', program: 'claude-agent-acp', version: '0.101.0' },
    { role: 'default', adapter: 'process', program: 'codex', version: '0.171.0' },
  ]
  const said = { host: 'anvil', concurrency: 4, program: 'pawl 0.1.0', agents }
  unwrap(await pawl.workers.announce({ ...said, instance: '1', name: 'builder-1', workflows: ['delivery'] }))
  const problem = 'the disk of /srv/worktrees has 12 KiB left'
  unwrap(
    await pawl.workers.announce({ ...said, instance: '2', name: 'builder-2', state: 'NOT_READY', problem }),
  )
  const run = `/runs/${id}`
  return [
    { name: 'board', path: '/', ready: '[data-current] .card' },
    { name: 'board-open', path: '/?open=completed,cancelled', ready: '[data-current] .card' },
    { name: 'board-table', path: '/?view=table', ready: '.runs-title a' },
    { name: 'no-match', path: '/?text=nothing', ready: '.nothing' },
    { name: 'approvals', path: '/approvals', ready: '[data-question]' },
    { name: 'approval', path: `/approvals?id=${asked}`, ready: '.approval .markdown h1' },
    { name: 'changes', path: `/approvals?id=${changed.asked}`, ready: '.hljs-keyword' },
    { name: 'start', path: '/start', ready: '.start-form select' },
    { name: 'workflows', path: '/workflows', ready: '.graph svg' },
    { name: 'projects', path: '/projects', ready: '[data-project]' },
    { name: 'workers', path: '/workers', ready: '[data-owner]' },
    { name: 'tokens', path: '/tokens', ready: '[data-token]' },
    { name: 'run', path: run, ready: '.transcript .markdown strong' },
    { name: 'run-place', path: `${run}?at=3`, ready: '.transcript-chosen' },
    { name: 'run-timeline', path: `${run}?tab=timeline`, ready: '.bar' },
    { name: 'run-events', path: `${run}?tab=events`, ready: '.event' },
    { name: 'run-files', path: `${run}?tab=files`, ready: '.markdown table' },
    { name: 'run-processes', path: `${run}?tab=processes`, ready: '[data-execution]' },
    { name: 'run-messages', path: `${run}?tab=messages`, ready: '[data-message]' },
    { name: 'run-related', path: `${run}?tab=related`, ready: '.family li' },
    { name: 'run-raw', path: `${run}?tab=raw`, ready: '.json details' },
    { name: 'run-asked', path: `/runs/${delivery.id}?tab=approvals`, ready: '.inbox .approval' },
    {
      name: 'run-workspace',
      path: `/runs/${changed.id}?tab=workspace`,
      ready: 'main:has(.hljs-keyword) [data-workspace] button',
    },
    { name: 'run-done', path: `/runs/${done.id}`, ready: '.result .json' },
    { name: 'run-removed', path: `/runs/${old.id}`, ready: '.result [data-removed]' },
    { name: 'run-incomplete', path: `/runs/${incomplete.id}`, ready: '.verdict' },
    { name: 'no-run', path: '/runs/run_01h455vb4pex5vsknk084sn02q', ready: 'h1' },
  ]
}
