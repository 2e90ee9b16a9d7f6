import { PawlFault, createPawl, match, unwrap } from '@pawl/sdk'
import type { RecordPromptResult } from '@pawl/sdk'
import { describe, expect, it, onTestFinished } from 'vitest'
import { startScriptedServer } from './scriptedServer.ts'
import type { Resolver, Script } from './scriptedServer.ts'
import { makeApproval, makeArtifact, makeDetail, makeMessage, makeRun, makeSession } from './words.ts'
import { toOutput } from '../../support/entries.ts'

const retry = { attempts: 4, minDelayMs: 1, maxDelayMs: 5, timeoutMs: 5_000 }

async function startServer(script: Script) {
  const server = await startScriptedServer(script)
  onTestFinished(server.stop)
  return { server, pawl: createPawl({ url: server.url, token: 'pawl_secret', retry }) }
}

const PHASE = {
  id: 'phs_01',
  key: 'plan',
  round: 1,
  status: 'COMPLETED',
  attempts: 1,
  isFinalPhase: false,
  nextPhases: ['build'],
}

/** Every mutation below a run, each answered with its success, and a note of the inputs as they came. */
async function startWritable() {
  const inputs: { name: string; input: Record<string, unknown> }[] = []
  const answer =
    (name: string, success: object): Resolver =>
    (_, { input }: { input: Record<string, unknown> }) => {
      inputs.push({ name, input })
      return { __typename: `${name}Success`, isReplayed: false, ...success }
    }
  const session = makeSession()
  const run = makeRun()
  const started = await startServer({
    Mutation: {
      openSession: answer('OpenSession', { session, isNew: true }),
      updateSession: answer('UpdateSession', { session }),
      recordPrompt: answer('RecordPrompt', { session }),
      appendTranscript: answer('AppendTranscript', { nextSeq: 3 }),
      submitArtifact: answer('SubmitArtifact', { artifact: makeArtifact(), phase: PHASE, run }),
      requestApproval: answer('RequestApproval', { approval: makeApproval(), run }),
      decideApproval: answer('DecideApproval', { approval: makeApproval({ status: 'APPROVED' }), run }),
      sendMessage: answer('SendMessage', { runMessage: makeMessage() }),
      acknowledgeMessage: answer('AcknowledgeMessage', { runMessage: makeMessage({ status: 'CONSUMED' }) }),
      failPhase: answer('FailPhase', { run, phase: PHASE }),
      cancelRun: answer('CancelRun', {
        run,
        hasChanged: true,
        childrenCancelled: 2,
        childrenLeft: [run],
        childrenLeftCount: 1,
      }),
      startRun: answer('StartRun', { run: makeDetail(), lease: null, agentToken: null }),
    },
  })
  return { ...started, inputs }
}

const key = /^[0-9a-f]{32}$/

describe('a command about a part of a run', () => {
  it('sends what it is given, under a key of its own, and answers typed', async () => {
    const { pawl, inputs } = await startWritable()
    const { sessions, artifacts, approvals, messages, phases, runs } = pawl
    expect(unwrap(await sessions.open('run_01', { role: 'planner', adapter: 'tmux', fence: 7 })).isNew).toBe(
      true,
    )
    unwrap(await sessions.update('ses_01', 'BUSY', { fence: 7, detail: { why: 'prompt' } }))
    const prompt = { phase: 'plan', dedupKey: 'p1', stage: 'SENDING', fence: 7 } as const
    unwrap(await sessions.recordPrompt('ses_01', prompt))
    const file = { path: 'plan.md', content: '# Plan', fence: 7 }
    expect(unwrap(await artifacts.submit('run_01', 'plan', file)).artifact.isValid).toBe(true)
    unwrap(await approvals.request('run_01', { gate: 'plan', question: 'Go on?', fence: 7 }))
    const decided = unwrap(await approvals.decide('apr_01', { decision: 'APPROVE', digest: 'cd' }))
    expect(decided.approval.status).toBe('APPROVED')
    unwrap(await messages.send('run_01', 'slower', { mode: 'FOLLOW_UP' }))
    unwrap(await messages.acknowledge('msg_01', 'CONSUMED', { fence: 7 }))
    const error = { class: 'HUMAN_REQUIRED', code: 'STUCK', message: 'stuck' } as const
    const recovery = { gate: 'recovery', question: 'Again?', sessionId: 'ses_01' }
    unwrap(await phases.fail('run_01', 'plan', { error, recovery, fence: 7 }))
    const cancelled = unwrap(await runs.cancel('run_01', { isCascading: false }))
    expect([cancelled.childrenCancelled, cancelled.childrenLeft.map(({ id }) => id)]).toEqual([2, ['run_01']])
    unwrap(await runs.start({ workflow: 'delivery', parentRunId: 'run_01', continuesRunId: 'run_00' }))

    expect(inputs.map(({ input: { idempotencyKey, ...input }, name }) => [name, input])).toMatchObject([
      ['OpenSession', { runId: 'run_01', role: 'planner', adapter: 'tmux', fence: 7 }],
      ['UpdateSession', { sessionId: 'ses_01', status: 'BUSY', detail: { why: 'prompt' }, fence: 7 }],
      ['RecordPrompt', { sessionId: 'ses_01', ...prompt }],
      ['SubmitArtifact', { runId: 'run_01', phase: 'plan', ...file }],
      ['RequestApproval', { runId: 'run_01', gate: 'plan', question: 'Go on?', fence: 7 }],
      ['DecideApproval', { approvalId: 'apr_01', decision: 'APPROVE', digest: 'cd' }],
      ['SendMessage', { runId: 'run_01', text: 'slower', mode: 'FOLLOW_UP' }],
      ['AcknowledgeMessage', { messageId: 'msg_01', receipt: 'CONSUMED', fence: 7 }],
      ['FailPhase', { runId: 'run_01', phase: 'plan', error, recovery }],
      ['CancelRun', { runId: 'run_01', isCascading: false }],
      ['StartRun', { workflow: 'delivery', parentRunId: 'run_01', continuesRunId: 'run_00' }],
    ])
    for (const { input } of inputs) expect(input['idempotencyKey']).toMatch(key)
  })

  it('is told apart in one result even where refusals share the names of fields', () => {
    const result = {
      __typename: 'IllegalSessionTransition',
      message: 'no',
      fromStatus: 'CREATED',
      toStatus: 'BUSY',
      allowedStatuses: ['BOOTSTRAPPING'],
      session: makeSession(),
    } as RecordPromptResult
    const said = match(result, {
      IllegalSessionTransition: ({ fromStatus, allowedStatuses }) =>
        `${fromStatus} -> ${allowedStatuses.join()}`,
      IllegalTransition: ({ fromPhase, allowedPhases }) => `${fromPhase} -> ${allowedPhases.join()}`,
      _: ({ __typename }) => __typename,
    })
    expect(said).toBe('CREATED -> BOOTSTRAPPING')
  })
})

describe('appending to a transcript', () => {
  it('sends the same entries again where the answer was lost, and they are appended once', async () => {
    const kept: string[] = []
    const { server, pawl } = await startServer({
      Mutation: {
        appendTranscript: (
          _,
          { input }: { input: { fromSeq: number; entries: { output: { text: string } }[] } },
        ) => {
          kept.splice(input.fromSeq - 1, Infinity, ...input.entries.map(({ output }) => output.text))
          return { __typename: 'AppendTranscriptSuccess', nextSeq: kept.length + 1 }
        },
      },
    })
    server.faults.lostAnswers = 2
    const first = unwrap(
      await pawl.sessions.append('ses_01', { fromSeq: 1, entries: toOutput('a', 'b'), fence: 7 }),
    )
    expect([first.nextSeq, server.seen.requests]).toEqual([3, 3])
    unwrap(await pawl.sessions.append('ses_01', { fromSeq: first.nextSeq, entries: toOutput('c'), fence: 7 }))
    expect(kept).toEqual(['a', 'b', 'c'])
  })

  it('is told by a gap where to go on', async () => {
    const { pawl } = await startServer({
      Mutation: {
        appendTranscript: () => ({
          __typename: 'TranscriptGap',
          message: 'entry 2 is missing',
          expectedSeq: 2,
        }),
      },
    })
    const result = await pawl.sessions.append('ses_01', { fromSeq: 5, entries: toOutput('e') })
    expect(result.__typename === 'TranscriptGap' && result.expectedSeq).toBe(2)
  })
})

describe('a part of a run', () => {
  const page = (node: object) => ({
    nodes: [node],
    pageInfo: { hasNextPage: true, hasPreviousPage: false },
  })

  it('is listed by pages', async () => {
    const asked: unknown[] = []
    const listed = (node: object) => (args: object) => {
      asked.push(args)
      return page(node)
    }
    const run = {
      ...makeDetail(),
      sessions: listed(makeSession()),
      artifacts: listed(makeArtifact()),
      approvals: listed(makeApproval()),
      messages: listed(makeMessage()),
      children: listed(makeRun({ id: 'run_02' })),
    }
    const { pawl } = await startServer({
      Query: {
        run: () => run,
        approvals: (_, args) => listed(makeApproval({ id: 'apr_02' }))(args as object),
      },
    })
    const which = { first: 1, after: 'c1' }
    expect((await pawl.sessions.list('run_01', which)).nodes).toEqual([makeSession()])
    expect((await pawl.artifacts.list('run_01', which)).nodes).toEqual([makeArtifact()])
    expect((await pawl.approvals.list({ runId: 'run_01', ...which })).nodes).toEqual([makeApproval()])
    expect((await pawl.messages.list('run_01', which)).pageInfo.hasNextPage).toBe(true)
    expect((await pawl.runs.children('run_01', which)).nodes.map(({ id }) => id)).toEqual(['run_02'])
    const inbox = await pawl.approvals.list({ filter: { statuses: ['PENDING'] }, ...which })
    expect(inbox.nodes.map(({ id }) => id)).toEqual(['apr_02'])
    expect(asked).toEqual([...Array<unknown>(5).fill(which), { filter: { statuses: ['PENDING'] }, ...which }])
  })

  it('is not to be had of a run that is not there', async () => {
    const { pawl } = await startServer({ Query: { run: () => null } })
    const lists = [
      pawl.sessions.list('run_00'),
      pawl.artifacts.list('run_00'),
      pawl.approvals.list({ runId: 'run_00' }),
      pawl.messages.list('run_00'),
      pawl.runs.children('run_00'),
    ]
    for (const failed of await Promise.allSettled(lists)) {
      expect(failed).toMatchObject({ reason: { code: 'RUN_NOT_FOUND' } })
      expect(failed.status === 'rejected' && failed.reason).toBeInstanceOf(PawlFault)
    }
  })

  it('is found by id, each kind by its own', async () => {
    const nodes: Record<string, object> = {
      art_01: { __typename: 'Artifact', ...makeArtifact(), content: '# Plan' },
      apr_01: {
        __typename: 'Approval',
        ...makeApproval(),
        phase: { ...PHASE, artifacts: { nodes: [makeArtifact()] } },
      },
    }
    const { pawl } = await startServer({ Query: { node: (_, { id }: { id: string }) => nodes[id] } })
    expect((await pawl.artifacts.get('art_01'))?.content).toBe('# Plan')
    expect((await pawl.approvals.get('apr_01'))?.phase?.artifacts.nodes).toEqual([makeArtifact()])
    expect([await pawl.artifacts.get('apr_01'), await pawl.approvals.get('art_01')]).toEqual([null, null])
    expect(await pawl.artifacts.get('art_00')).toBeNull()
  })
})
