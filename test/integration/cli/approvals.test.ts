import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createPawl, unwrap } from '@pawl/sdk'
import type { Approval, Pawl, RunDetail } from '@pawl/sdk'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { startTestServer } from '../../support/server.ts'
import type { TestServer } from '../../support/server.ts'
import { hasTerminal, startAtTerminal } from './atTerminal.ts'
import { pawlAt } from './pawl.ts'

let server: TestServer
let pawl: Pawl
let cli: ReturnType<typeof pawlAt>
let folder: string

const CARD = {
  name: 'card',
  version: 1,
  initialPhase: 'plan',
  onOwnerLost: 'REQUEUE',
  phases: [
    {
      key: 'plan',
      next: ['build'],
      artifact: { path: 'plan.md', mediaType: 'text/markdown' },
      approval: { gate: 'plan', question: 'Shall this plan be built?' },
    },
    {
      key: 'build',
      next: ['done'],
      artifact: { path: 'out/build.json', schema: { type: 'object', required: ['commit'] } },
    },
    { key: 'done', final: true },
  ],
}

beforeAll(async () => {
  server = await startTestServer()
  pawl = createPawl({ url: server.url, token: server.adminToken })
  cli = pawlAt(server.url, server.adminToken)
  unwrap(await pawl.workflows.register(CARD))
  unwrap(await pawl.workflows.register(PROPOSAL))
  folder = await mkdtemp(join(tmpdir(), 'pawl-cli-'))
})
afterAll(async () => {
  await server.stop()
  await rm(folder, { recursive: true })
})

/** Two gates, one with a file and one without, and a round. */
const PROPOSAL = {
  name: 'proposal',
  version: 1,
  initialPhase: 'draft',
  completeRoundAt: 'publish',
  onOwnerLost: 'REQUEUE',
  phases: [
    {
      key: 'draft',
      next: ['publish'],
      artifact: { path: 'draft of it.md' },
      approval: { gate: 'draft', question: 'Is it good?', approvers: ['local'] },
    },
    { key: 'publish', next: ['done'], approval: { gate: 'publish', question: 'May it go out?' } },
    { key: 'done', final: true },
  ],
}

/** A run under a claim without a lease, at work on its plan; commands named by words are about it. */
async function startCard(input = '# Plan\n') {
  const claim = { owner: 'test', leaseSeconds: 0 }
  const { run, agentToken } = unwrap(await pawl.runs.start({ workflow: 'card', claim }))
  const agent = pawlAt(server.url, agentToken ?? '')
  unwrap(await pawl.phases.start(run.id, 'plan', { fence: 1 }))
  return {
    id: run.id,
    agent,
    submitPlan: () => agent.json(['artifact', 'submit', 'plan', '-', '--run', run.id], { input }),
  }
}

/** A run whose plan waits for a person. */
async function startAsking(input?: string): Promise<{ id: string; approval: Approval }> {
  const { id, submitPlan } = await startCard(input)
  expect((await submitPlan()).code).toBe(0)
  const { nodes } = await pawl.approvals.list({ runId: id })
  return { id, approval: nodes[0] as Approval }
}

/** Decides whatever waits, so that a test has the only approval. */
async function clear(): Promise<void> {
  const { nodes } = await pawl.approvals.list({ filter: { statuses: ['PENDING'] }, first: 500 })
  for (const { run } of nodes) unwrap(await pawl.runs.cancel(run.id))
}

describe('pawl artifact submit', () => {
  it('files what it is given under the path that the phase declares', async () => {
    const { id, agent } = await startCard()
    await writeFile(join(folder, 'draft.txt'), '# A plan')
    const { code, stdout, stderr } = await agent.run(
      ['artifact', 'submit', 'plan', 'draft.txt', '--run', id],
      { cwd: folder },
    )
    expect({ code, stdout }).toMatchObject({ code: 0 })
    expect(stdout).toContain('✔ plan.md  8 B')
    expect(stdout).toContain('plan AWAITING_APPROVAL')
    expect(stderr).toContain('a person has to approve it')
  })

  it('ends with 7 for an invalid file, with what is wrong with it on stderr, and changes no phase', async () => {
    const { id, agent } = await startCard()
    const { approval } = await askFor(id, agent)
    unwrap(await pawl.approvals.decide(approval.id, { decision: 'APPROVE', digest: approval.digest }))
    unwrap(await pawl.phases.advance(id, 'build', { fence: 1 }))
    const words = ['artifact', 'submit', 'build', '-', '--run', id]
    const bad = await agent.run(words, { input: '{"comit": 1}' })
    expect(bad.code).toBe(7)
    expect(bad.stdout).toContain('✘ out/build.json')
    expect(bad.stderr).toContain('InvalidArtifact: out/build.json does not satisfy the phase build')
    expect(bad.stderr).toContain("must have required property 'commit'")
    const unparsable = await agent.json(words, { input: 'no json' })
    expect([unparsable.code, unparsable.answer['artifact']]).toMatchObject([7, { isValid: false }])
    expect((await pawl.runs.get(id))?.currentPhase).toMatchObject({ key: 'build', status: 'RUNNING' })
    expect((await agent.run(words, { input: '{"commit": "9fe"}' })).code).toBe(0)
    expect((await pawl.runs.get(id))?.currentPhase?.status).toBe('COMPLETED')
  })

  it('takes other files beside it, text only, and says what it can not read', async () => {
    const { id, agent } = await startCard()
    const words = ['artifact', 'submit', 'plan', '-', '--run', id, '--path', 'logs/trace.txt']
    expect(await agent.json(words, { input: 'as it was' })).toMatchObject({
      code: 0,
      answer: { artifact: { path: 'logs/trace.txt' }, phase: { status: 'RUNNING' } },
    })
    await writeFile(join(folder, 'image'), Buffer.from([0xff, 0xd8, 0xff]))
    const image = await agent.run(['artifact', 'submit', 'plan', 'image', '--run', id], { cwd: folder })
    expect(image).toMatchObject({ code: 7, stdout: '' })
    expect(image.stderr).toContain('image is not UTF-8 text')
    expect((await agent.run(['artifact', 'submit', 'plan', 'nowhere', '--run', id])).code).toBe(7)
    expect((await agent.run(['artifact', 'submit', 'done', '-', '--run', id])).code).toBe(2)
    expect((await agent.run(['artifact', 'submit', 'build', '-', '--run', id], { input: '{}' })).code).toBe(5)
  })
})

async function askFor(id: string, agent: ReturnType<typeof pawlAt>) {
  const input = '# Plan\n'
  expect((await agent.run(['artifact', 'submit', 'plan', '-', '--run', id], { input })).code).toBe(0)
  const { nodes } = await pawl.approvals.list({ runId: id })
  return { approval: nodes[0] as Approval }
}

describe('pawl approval', () => {
  it('lists what waits, and everything of a run', async () => {
    const { id, approval } = await startAsking()
    expect((await cli.run(['approval', 'list'])).stdout).toContain(approval.id)
    unwrap(await pawl.approvals.decide(approval.id, { decision: 'APPROVE', digest: approval.digest }))
    expect((await cli.run(['approval', 'list'])).stdout).not.toContain(approval.id)
    expect((await cli.run(['approval', 'list', '--run', id])).stdout).toContain('APPROVED')
    expect((await cli.run(['approval', 'list', '--status', 'approved,rejected'])).stdout).toContain(
      approval.id,
    )
    expect((await cli.run(['approval', 'list', '--all'])).stdout).toContain(approval.id)
    expect((await cli.run(['approval', 'list', '--all', '--run', id])).code).toBe(2)
  })

  it('shows exactly what is asked: the question, the file in full, and the digest', async () => {
    const text = ['# Plan', '', '\tone\u001b[2J', 'two \u202eevil\u2069', 'x'.repeat(300)].join('\n')
    const { approval } = await startAsking(text)
    const { stdout } = await cli.run(['approval', 'show', approval.id])
    expect(stdout).toContain('Shall this plan be built?')
    expect(stdout).toContain(`digest  ${approval.digest}`)
    expect(stdout).not.toContain('does not match this digest')
    for (const line of [
      '│ # Plan',
      '│   one\\u{1b}[2J',
      '│ two \\u{202e}evil\\u{2069}',
      `│ ${'x'.repeat(300)}`,
    ])
      expect(stdout.split('\n')).toContain(line)
    // oxlint-disable-next-line no-control-regex
    expect(stdout).not.toMatch(/[\u0000-\u0009\u000b-\u001f\u202a-\u202e]/)
    const { answer } = await cli.json(['approval', 'show', approval.id])
    expect(answer).toMatchObject({
      approval: { id: approval.id },
      artifact: { content: text },
      isProven: true,
    })
  })

  it('proves the digest of a review that names the tree of its worktree', async () => {
    const { id } = await startCard()
    const fields = { fence: 1, path: 'plan.md', content: '# Plan\n', tree: 'c0ffee' }
    unwrap(await pawl.artifacts.submit(id, 'plan', fields))
    const { nodes } = await pawl.approvals.list({ runId: id })
    const { stdout } = await cli.run(['approval', 'show', nodes[0]?.id ?? ''])
    expect(stdout).toMatch(/^tree +c0ffee$/m)
    expect(stdout).not.toContain('does not match this digest')
  })

  it('shows a question of an agent with its payload', async () => {
    const { id, agent } = await startCard()
    const words = ['approval', 'request', 'It costs 3 €. Go on?', '--gate', 'cost', '--run', id]
    const asked = await agent.json([...words, '--payload', '{"z": [1], "a": {"euros": 3}}'])
    expect(asked).toMatchObject({
      code: 0,
      answer: { approval: { gate: 'cost' }, run: { status: 'AWAITING_APPROVAL' } },
    })
    const { approval } = asked.answer as unknown as { approval: Approval }
    const { stdout } = await cli.run(['approval', 'show', approval.id])
    expect(stdout).toContain('│     "euros": 3')
    expect(stdout).not.toContain('does not match this digest')
  })

  it('is decided by the digest of what was shown, once', async () => {
    const { id, approval } = await startAsking()
    const words = ['approval', 'decide', approval.id]
    const stale = await cli.json([...words, '--approve', '--digest', '0'.repeat(64)])
    expect([stale.code, stale.answer['__typename']]).toEqual([8, 'StaleDigest'])
    const wrong = await cli.json([...words, '--retry'])
    expect([wrong.code, wrong.answer['__typename']]).toEqual([7, 'WrongDecision'])
    expect(wrong.stderr).toContain('allowed decisions: APPROVE, REJECT')
    const decided = await cli.run([...words, '--approve', '--comment', 'go'])
    expect(decided.code).toBe(0)
    expect(decided.stdout).toContain(`${approval.id.slice(-7)}  APPROVED`)
    expect(decided.stderr).toContain('│ # Plan')
    const again = await cli.json([...words, '--reject'])
    expect([again.code, again.answer['__typename']]).toEqual([8, 'AlreadyDecided'])
    expect(again.stderr).toContain('it is APPROVED, by local')
    expect((await pawl.runs.get(id))?.currentPhase?.status).toBe('COMPLETED')
    expect((await pawl.approvals.get(approval.id))?.comment).toBe('go')
  })

  it('is sent back with a comment that the agent finds in its state', async () => {
    const { id, approval } = await startAsking()
    expect(
      (await cli.run(['approval', 'decide', approval.id, '--reject', '--comment', 'in two steps'])).code,
    ).toBe(0)
    const { answer } = await cli.json(['state', id])
    expect(answer).toMatchObject({
      phase: { status: 'FAILED', error: { message: expect.stringContaining('in two steps') } },
    })
  })

  it('chooses the only pending one, and says so where none or several are pending', async () => {
    await clear()
    const none = await cli.run(['approval', 'show'])
    expect([none.code, none.stderr]).toEqual([4, 'pawl: NoApproval: no approval is pending\n'])
    const { approval } = await startAsking()
    const one = await cli.run(['approval', 'show'])
    expect(one.stderr).toBe(`pawl: approval ${approval.id} (the only pending one)\n`)
    await startAsking()
    const two = await cli.run(['approval', 'decide', '--approve'])
    expect(two.code).toBe(3)
    expect(two.stderr).toContain(approval.id)
    expect((await cli.run(['approval', 'show', 'apr_01k9zzzzzzfyyr0000000000zz'])).code).toBe(4)
  })

  it('wants a decision where nobody can be asked, and one alone', async () => {
    const { approval } = await startAsking()
    const ended = await cli.run(['approval', 'decide', approval.id])
    expect(ended.code).toBe(2)
    expect(ended.stderr).toContain('--approve or --reject')
    expect((await cli.run(['approval', 'decide', approval.id, '--approve', '--reject'])).code).toBe(2)
    expect((await pawl.approvals.get(approval.id))?.status).toBe('PENDING')
  })

  it('of a phase that failed is retried or aborted', async () => {
    const { id, agent } = await startCard()
    const words = [
      'phase',
      'fail',
      'plan',
      '--run',
      id,
      '--message',
      'no licence',
      '--class',
      'HUMAN_REQUIRED',
    ]
    expect((await agent.run([...words, '--ask', 'Is there a licence now?'])).code).toBe(0)
    const state = await cli.json(['state', id])
    expect(state.answer).toMatchObject({
      status: 'PAUSED',
      nextAction: 'DECIDE_APPROVAL',
      approval: { kind: 'RECOVERY', gate: 'recovery', question: 'Is there a licence now?' },
    })
    const { next } = state.answer as unknown as { next: { command: string } }
    const retried = await cli.json([...next.command.split(' ').slice(1), '--retry'])
    expect(retried.answer).toMatchObject({ approval: { status: 'RETRIED' }, run: { status: 'RUNNING' } })
  })
})

describe.skipIf(!hasTerminal)('a person at a terminal', () => {
  const env = () => ({ PAWL_URL: server.url, PAWL_TOKEN: server.adminToken })

  it('sees what is asked, answers y, and says why', async () => {
    const { approval } = await startAsking()
    const terminal = startAtTerminal(['approval', 'decide', approval.id], env())
    await terminal.until(/│ # Plan[^]*approve\? \[y\]es, \[n\]o \(reject\)/)
    terminal.type('y')
    await terminal.until(/comment/)
    terminal.type('good enough')
    const { code, printed } = await terminal.ended
    expect(code).toBe(0)
    expect(printed).toContain(`${approval.id.slice(-7)}  APPROVED`)
    expect((await pawl.approvals.get(approval.id))?.comment).toBe('good enough')
  })

  it('says no', async () => {
    const { approval } = await startAsking()
    const terminal = startAtTerminal(['approval', 'decide', approval.id, '--comment', 'smaller'], env())
    await terminal.until(/\[n\]o/)
    terminal.type('n')
    expect((await terminal.ended).code).toBe(0)
    expect(await pawl.approvals.get(approval.id)).toMatchObject({ status: 'REJECTED', comment: 'smaller' })
  })

  it.each([
    ['anything else', (terminal: ReturnType<typeof startAtTerminal>) => terminal.type('later'), 0],
    ['Ctrl-C', (terminal: ReturnType<typeof startAtTerminal>) => terminal.interrupt(), 130],
  ] as const)('leaves it open with %s', async (_, press, exitCode) => {
    const { approval } = await startAsking()
    const terminal = startAtTerminal(['approval', 'decide', approval.id], env())
    await terminal.until(/\[n\]o/)
    press(terminal)
    expect((await terminal.ended).code).toBe(exitCode)
    expect((await pawl.approvals.get(approval.id))?.status).toBe('PENDING')
  })

  it('sees in the live view what waits for whom', async () => {
    const { id, approval } = await startAsking()
    unwrap(await pawl.messages.send(id, 'mind the gap'))
    const terminal = startAtTerminal(['run', 'watch', id], env())
    await terminal.until(/told {2}mind the gap/)
    await terminal.until(
      new RegExp(`asked Shall this plan be built\\?[^]*pawl approval decide ${approval.id.slice(-7)}`),
    )
    terminal.interrupt()
    expect((await terminal.ended).code).toBe(130)
  })
})

describe('pawl message', () => {
  it('is sent, listed and acknowledged', async () => {
    const { id, agent } = await startCard()
    const sent = await cli.json(['message', 'send', 'leave the tests alone', '--run', id])
    expect(sent).toMatchObject({ code: 0, answer: { runMessage: { status: 'PENDING', mode: 'STEER' } } })
    expect(
      (await cli.run(['message', 'send', '-', '--follow-up', '--run', id], { input: 'and then' })).code,
    ).toBe(0)
    const listed = await agent.json(['message', 'list', '--run', id])
    const { nodes } = listed.answer as unknown as { nodes: { id: string; text: string; mode: string }[] }
    expect(nodes.map(({ text, mode }) => [text, mode])).toEqual([
      ['and then', 'FOLLOW_UP'],
      ['leave the tests alone', 'STEER'],
    ])
    const first = nodes[1]?.id ?? ''
    expect((await agent.run(['message', 'acknowledge', first, '--delivered'])).stdout).toContain('DELIVERED')
    expect((await agent.run(['message', 'acknowledge', first])).stdout).toContain('CONSUMED')
    unwrap(await pawl.runs.cancel(id))
    const late = await cli.json(['message', 'send', 'too late', '--run', id])
    expect([late.code, late.answer['__typename']]).toEqual([8, 'RunNotActive'])
  })

  it('reaches anyone who supervises the agent', async () => {
    const { run } = unwrap(await pawl.runs.start({ workflow: 'card' }))
    const running = cli.start(['exec', '--run', run.id, '--', 'sh', '-c', 'echo ready; exec sleep 600'])
    await running.until(/ready/)
    unwrap(await pawl.messages.send(run.id, 'a word\u001b[2J'))
    await running.until(/local says: a word {2}\(msg_/)
    unwrap(await pawl.runs.cancel(run.id))
    await running.ended
  })
})

describe('a family', () => {
  it('is started, shown and cancelled together', async () => {
    const { id } = await startCard()
    const input = join(folder, 'card.json')
    await writeFile(input, '{"card": 7}')
    const started = await cli.json([
      'run',
      'start',
      'card',
      '--parent',
      id,
      '--title',
      'part',
      '--input',
      `@${input}`,
    ])
    const { run: child } = started.answer as unknown as { run: RunDetail }
    expect(child).toMatchObject({ parent: { id }, input: { card: 7 } })
    expect((await cli.run(['run', 'show', id])).stdout).toContain(child.id)
    expect((await cli.run(['run', 'show', child.id])).stdout).toContain(`parent    ${id}`)
    unwrap(await pawl.runs.release(id, { fence: 1 }))
    const cancelled = await cli.run(['run', 'cancel', id])
    expect(cancelled.stderr).toContain('descendants cancelled with it: 1')
    const next = await cli.json(['run', 'start', 'card', '--continues', id])
    expect(next.answer).toMatchObject({ run: { continues: { id } } })
    const orphan = await cli.json(['run', 'start', 'card', '--parent', id])
    expect([orphan.code, orphan.answer['__typename']]).toEqual([8, 'RunNotActive'])
  })

  it('stays where a cancel is told to leave it', async () => {
    const { id } = await startCard()
    const { run: child } = unwrap(await pawl.runs.start({ workflow: 'card', parentRunId: id }))
    unwrap(await pawl.runs.release(id, { fence: 1 }))
    const cancelled = await cli.run(['run', 'cancel', id, '--no-cascade'])
    expect(cancelled.stderr).toContain(`its child ${child.id} is QUEUED`)
    expect((await pawl.runs.get(child.id))?.status).toBe('QUEUED')
  })
})

describe('pawl run show', () => {
  it('shows everything below a run, for people and for programs', async () => {
    const { id, approval } = await startAsking()
    const { run } = unwrap(
      await pawl.runs.start({ workflow: 'card', claim: { owner: 'b', leaseSeconds: 60 } }),
    )
    unwrap(await pawl.sessions.open(run.id, { role: 'planner', adapter: 'tmux', fence: 1 }))
    const { stdout } = await cli.run(['run', 'show', id])
    for (const words of ['plan.md', approval.id, 'DECIDE_APPROVAL']) expect(stdout).toContain(words)
    expect((await cli.run(['run', 'show', run.id])).stdout).toMatch(/ses_\w+ {2}planner {2}CREATED {2}tmux/)
    const { answer } = await cli.json(['run', 'show', id])
    expect(answer).toMatchObject({
      run: { id },
      artifacts: [{ path: 'plan.md', isValid: true }],
      approvals: [{ id: approval.id }],
      sessions: [],
      messages: [],
      children: [],
    })
  })
})

describe('pawl state', () => {
  it(
    'leads an agent that does nothing but what it says to the end, decisions apart',
    { tags: 'thorough' },
    async () => {
      const claim = { owner: 'test', leaseSeconds: 0 }
      const { run, agentToken } = unwrap(await pawl.runs.start({ workflow: 'proposal', claim }))
      const agent = pawlAt(server.url, agentToken ?? '')
      await writeFile(join(folder, 'draft of it.md'), 'It is good.')
      const done: string[] = []
      for (let step = 0; step < 20; step += 1) {
        const { answer } = await cli.json(['state', run.id])
        const { next, isSettled } = answer as unknown as { next: { command: string }; isSettled: boolean }
        if (isSettled) break
        const isDecision = next.command.startsWith('pawl approval decide')
        const words = isDecision ? `${next.command} --approve` : next.command
        const env = { PAWL_TOKEN: isDecision ? server.adminToken : (agentToken ?? ''), PAWL_RUN_ID: run.id }
        const ended = await agent.shell(words, { env, cwd: folder })
        expect(ended.code, `${words}: ${ended.stderr}`).toBe(0)
        done.push(words.replace(/apr_\w+/, 'ID'))
      }
      expect(done).toEqual([
        'pawl phase start draft',
        "pawl artifact submit draft 'draft of it.md'",
        'pawl approval decide ID --approve',
        'pawl phase advance publish',
        'pawl approval request --phase publish',
        'pawl approval decide ID --approve',
        'pawl round complete',
        'pawl phase advance done',
        'pawl run complete',
      ])
      expect(await pawl.runs.get(run.id)).toMatchObject({ status: 'COMPLETED', outcome: 'SUCCESS' })
      const { nodes } = await pawl.approvals.list({ runId: run.id })
      expect(nodes.map(({ gate, question }) => [gate, question])).toEqual([
        ['publish', 'May it go out?'],
        ['draft', 'Is it good?'],
      ])
    },
  )

  it('tells an agent where to hand over what, and which command does it', async () => {
    const { id, agent } = await startCard()
    const { answer } = await agent.json(['state', id])
    expect(answer).toMatchObject({
      phase: {
        key: 'plan',
        status: 'RUNNING',
        artifact: { path: 'plan.md', required: true },
        approval: { gate: 'plan', question: 'Shall this plan be built?' },
        isFinal: false,
      },
      mayFollow: ['build'],
      nextAction: 'WORK',
      next: { command: 'pawl artifact submit plan plan.md' },
      approval: null,
      parentRunId: null,
    })
    const { missingEvidence } = answer as unknown as { missingEvidence: { kind: string }[] }
    expect(missingEvidence.map(({ kind }) => kind)).toEqual(['FINAL_PHASE', 'PHASE', 'ARTIFACT', 'APPROVAL'])
  })
})
