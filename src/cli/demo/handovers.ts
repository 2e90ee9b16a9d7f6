import { randomUUID } from 'node:crypto'
import { relative, resolve } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { entryText } from '@pawl/sdk'
import type { Run, RunEvent } from '@pawl/sdk'
import { whyUnstartable } from '../../processes/findCommand.ts'
import { findProcess, isLiving } from '../../processes/processTable.ts'
import { timeLimit } from '../../processes/timeLimit.ts'
import { findOpenApproval } from '../../advice/findOpenApproval.ts'
import { EXIT } from '../kit/exitCodes.ts'
import { safeText } from '../terminal/width.ts'
import type { Started } from './commandRunner.ts'
import { followRun, followTranscript } from './followWork.ts'
import { expectEqual } from './demo.ts'
import type { Demo } from './demo.ts'
import { ownFile } from './ownFile.ts'
import { showCommand } from './showCommand.ts'
import { createDemoRepository } from './demoRepository.ts'
import type { DemoRepository } from './demoRepository.ts'

const WORKFLOW = ownFile('examples/workflows/handover.yaml')

/** How long the first worker's agent pauses after each file: long enough to be killed there, on any machine. */
const REST_MS = 60_000

/** After this the chapter counts as failed: with the example's agent, and with one that asks a model. */
const CHAPTER_TIMEOUT_MS = 120_000
const REAL_CHAPTER_TIMEOUT_MS = 1_200_000

/** Chapter: a worker is killed in the middle of a phase, and another one continues. */
export async function handOver(demo: Demo): Promise<void> {
  const { narrator } = demo
  narrator.chapter('A worker is killed, and another one continues')
  if (whyUnstartable('git', process.env)) {
    narrator.say(
      'This chapter is left out: its work is done in a git worktree, and there is no git on this machine.',
    )
    return
  }
  narrator.say(
    'pawl worker prompts agents phase by phase, waits for their files, and submits them. Each run works in a git ' +
      'worktree of its own, here of a small repository of three chapters that needs an index.',
  )
  if (demo.agent)
    narrator.say(
      `The agent is ${demo.agent.name}, by its preset: it asks its model, may write and run commands, and takes as long as it takes.`,
    )
  await showCommand(demo, ['workflow', 'apply', WORKFLOW])
  const repository = await createDemoRepository(demo.data)
  const workers: Started[] = []
  try {
    const signal = timeLimit(demo.agent ? REAL_CHAPTER_TIMEOUT_MS : CHAPTER_TIMEOUT_MS, demo.signal)
    await tellHandover({ ...demo, signal }, repository, workers)
  } finally {
    for (const worker of workers) worker.kill('SIGTERM')
    await Promise.all(workers.map(({ ended }) => ended))
  }
}

/** @param workers receives every worker that is started, so that the caller can stop them. */
async function tellHandover(demo: Demo, repository: DemoRepository, workers: Started[]): Promise<void> {
  const { narrator } = demo
  const label = `demo-${randomUUID().slice(0, 8)}`
  const startAnother = async (owner: string, pauseMs: number) => {
    const agent = demo.agent?.definition ?? defineExample(pauseMs)
    const worker = startWorker(demo, await repository.configure({ owner, label, agent }), owner)
    workers.push(worker)
    return worker
  }

  const first = await startAnother('worker-a', REST_MS)
  const run = await startRun(demo, label, repository)
  const asked = await followRun(demo, run.id, 0, ({ type }) => type === 'APPROVAL_REQUESTED')
  await approve(demo, run.id)
  const isVerifying = ({ type, payload }: RunEvent) => type === 'PROMPT_SENT' && payload.phase === 'verify'
  const sent = await followRun(demo, run.id, asked.seq, isVerifying)
  if (sent.type !== 'PROMPT_SENT') throw new Error('the verifier was not prompted')
  const { sessionId } = sent.payload
  const pattern = demo.agent ? /./ : /^verified /m
  const heard = await followTranscript(demo, { sessionId, after: 0, pattern })
  await killInTheMiddle(demo, run, first)

  narrator.gap()
  narrator.say(
    'Nobody cleans up. Another worker is started, and waits until the lease of five seconds has expired:',
  )
  const second = await startAnother('worker-b', 0)
  await followRun(demo, run.id, sent.seq, ({ type }) => type === 'RUN_COMPLETED')
  narrator.gap()
  narrator.say('What its verifier said:')
  if (demo.agent) await showMessages(demo, sessionId, heard)
  else
    await followTranscript(demo, {
      sessionId,
      after: heard,
      pattern: /^found verified already: .*\n[^]*wrote verify\.json/m,
    })
  await examineRun(demo, run.id)

  narrator.gap()
  narrator.say('The work is on its own branch, and a worker of that machine merges it:')
  await showCommand(demo, ['run', 'diff', '--stat', run.id])
  await showCommand(demo, ['run', 'merge', run.id])
  const index = await repository.git('show', 'main:INDEX.md')
  if (demo.agent) for (const line of index.split('\n')) narrator.echo(safeText(line))
  else expectEqual(index.match(/^- \[The \w+\]\(chapters\/.*\.md\): \d+ words$/gm)?.length, 3)
  second.kill('SIGTERM')
  expectEqual(await second.ended, EXIT.done)
  narrator.conclude(
    `COMPLETED by the second worker${demo.agent ? '' : ', in the attempt that the first one began'}: submitted files and approvals were ` +
      'kept, no prompt was sent twice, and the agent continued from what it found.',
  )
}

/** The example's agent, which rests after each file that it verifies. */
function defineExample(pauseMs: number) {
  const agent = resolve(ownFile('examples/agents/indexing-agent.js'))
  const command = [process.execPath, agent, '--pause', String(pauseMs)]
  return { adapter: 'process', command, prompt: 'stdin' }
}

function startWorker({ narrator, commands }: Demo, config: string, owner: string): Started {
  const path = relative(process.cwd(), config)
  narrator.command(`pawl worker --config ${path.startsWith('..') ? config : path} &`)
  return commands.start(['worker', '--config', config], (line) => narrator.echo(line, owner))
}

async function startRun(demo: Demo, label: string, { chapters }: DemoRepository): Promise<Run> {
  const input = JSON.stringify({ folder: chapters })
  await showCommand(demo, [
    'run',
    'start',
    'handover',
    '--title',
    'An index',
    '--label',
    label,
    '--input',
    input,
  ])
  const { nodes } = await demo.pawl.runs.list({ filter: { labels: [label] }, first: 1 })
  const [run] = nodes
  if (!run) throw new Error('the run was not started')
  return run
}

/** Approves the plan as a person does. */
async function approve(demo: Demo, runId: string): Promise<void> {
  const run = await demo.pawl.runs.get(runId)
  const approval = run && (await findOpenApproval(demo.pawl, run))
  if (!approval) throw new Error('nobody was asked about the plan')
  demo.narrator.gap()
  demo.narrator.say('A person approves the plan, with the digest of what was asked:')
  const { id, digest } = approval
  await showCommand(demo, [
    'approval',
    'decide',
    id,
    '--approve',
    '--digest',
    digest,
    '--comment',
    'go ahead',
  ])
}

/** Kills the worker while its agent is working, and waits until the agent is gone, too. */
async function killInTheMiddle(
  { narrator, pawl, signal, agent: chosen }: Demo,
  { id }: Run,
  worker: Started,
): Promise<void> {
  const { nodes } = await pawl.executions.list({ filter: { runId: id } })
  const pid = nodes.find(({ endedAt }) => endedAt === null)?.pid
  const agent = pid ? findProcess(pid) : undefined
  if (!agent) throw new Error('no agent was at work')
  narrator.gap()
  const stage = chosen ? 'The verifier is at work.' : 'One chapter of three is verified.'
  narrator.say(`${stage} Process ${agent.pid} is the agent, ${worker.pid} its worker:`)
  narrator.command(`kill -9 ${worker.pid}`)
  worker.kill('SIGKILL')
  await worker.ended
  while (isLiving(agent)) await sleep(20, undefined, { signal })
  narrator.gap()
  narrator.say(`Its agent died with it: process ${agent.pid} is gone.`)
}

/** Shows what the agent of a session has said since this entry. */
async function showMessages(
  { pawl, narrator, signal }: Demo,
  sessionId: string,
  after: number,
): Promise<void> {
  for await (const entry of pawl.sessions.transcript(sessionId, { after, signal })) {
    if (entry.kind !== 'MESSAGE') continue
    for (const line of entryText(entry).split('\n').filter(Boolean)) narrator.echo(safeText(line), 'agent')
  }
}

/** Checks that the log shows the expected handover; how often the example's agent tries, and what it hands over, is known exactly. */
async function examineRun({ pawl, signal, agent }: Demo, runId: string): Promise<void> {
  const run = await pawl.runs.get(runId)
  expectEqual([run?.status, run?.outcome], ['COMPLETED', 'SUCCESS'])
  const owners = new Set<string>()
  const prompts: string[] = []
  for await (const { type, payload } of pawl.runs.events(runId, { untilSettled: true, signal })) {
    if (type === 'RUN_CLAIMED') owners.add(payload.owner)
    if (type === 'PROMPT_SENT') prompts.push(payload.dedupKey)
  }
  expectEqual([...owners], ['worker-a', 'worker-b'])
  expectEqual(new Set(prompts).size, prompts.length)
  if (agent) return
  const attempts = run?.phases.map(({ key, attempts }) => `${key} ${attempts}`)
  expectEqual(attempts, ['plan 1', 'build 2', 'verify 1', 'done 1'])
  const { nodes } = await pawl.artifacts.list(runId)
  expectEqual(nodes.map(({ path, isValid }) => `${path} ${isValid}`).toReversed(), [
    'plan.md true',
    'build.json false',
    'build.json true',
    'verify.json true',
  ])
}
