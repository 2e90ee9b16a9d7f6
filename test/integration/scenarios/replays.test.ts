import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type Actor, type Data, openStage, refusal, type Stage } from './stage.ts'
import { DELIVER, RELAY, ROUNDS, SOLO } from './workflows.ts'

let stage: Stage
beforeAll(async () => {
  stage = await openStage([DELIVER, RELAY, ROUNDS, SOLO])
})
afterAll(() => stage.end())

const claim = { owner: 'wanda', leaseSeconds: 600 }
const start = async (rest: object = {}): Promise<string> =>
  (await stage.olga.must('startRun', { workflow: 'solo', ...rest })).run.id

/** A mutation ready to be sent: to whom it is open, what it is about, and what a later one says otherwise. */
interface Ready {
  readonly by: Actor
  /** The run that it changes, once it has been sent. */
  readonly runId: string | null
  readonly input: object
  readonly other: object
  readonly differs: readonly string[]
}

const READY: Readonly<Record<string, () => Promise<Ready>>> = {
  startRun: async () => ({
    by: stage.olga,
    runId: null,
    input: { workflow: 'solo', title: 'one', labels: ['a', 'b'], input: { deep: { n: 1 } } },
    other: { workflow: 'solo', title: 'two', labels: ['a'], input: { deep: { n: 2 } } },
    differs: ['input.deep.n', 'labels.1', 'title'],
  }),
  claimRun: async () => {
    const runId = await start()
    return about(stage.wanda, runId, { owner: 'one' }, { owner: 'two' }, ['owner'])
  },
  pauseRun: async () => about(stage.olga, await start(), { comment: 'a' }, { comment: 'b' }, ['comment']),
  resumeRun: async () => {
    const runId = await start()
    await stage.olga.must('pauseRun', { runId })
    return about(stage.olga, runId, {}, { comment: 'b' }, ['comment'])
  },
  cancelRun: async () => about(stage.olga, await start(), { cascade: true }, { cascade: false }, ['cascade']),
  releaseRun: async () => driving('solo', {}, { fence: 2 }, ['fence']),
  confirmCancel: async () => {
    const ready = await driving('solo', {}, { fence: 2 }, ['fence'])
    await stage.olga.must('cancelRun', { runId: ready.runId })
    return ready
  },
  completeRun: async () => driving('solo', { output: [1, 2] }, { output: [1, 3] }, ['output.1']),
  failRun: async () => driving('solo', { error: 'a' }, { error: 'a', reason: 'INCOMPLETE' }, ['reason']),
  startPhase: async () =>
    driving(
      'solo',
      { phase: 'work', repair: true, because: 'a' },
      { phase: 'work', repair: true, because: 'b' },
      ['because'],
    ),
  failPhase: async () => {
    const error = { class: 'FATAL', code: 'X', message: 'x' }
    return driving('solo', { phase: 'work', error }, { phase: 'work', error: { ...error, code: 'Y' } }, [
      'error.code',
    ])
  },
  advancePhase: async () => driving('rounds', { to: 'draft' }, { to: 'check' }, ['to']),
  completeRound: async () => {
    const ready = await driving('rounds', { summary: { n: 1 } }, { summary: { n: 2 } }, ['summary.n'])
    await stage.wanda.must('advancePhase', { runId: ready.runId, to: 'check', fence: 1 })
    return ready
  },
  submitArtifact: async () => {
    const file = { phase: 'work', path: 'a.md' }
    return driving('solo', { ...file, content: 'a' }, { ...file, content: 'b' }, ['content'])
  },
  requestApproval: async () => {
    const question = { gate: 'g', question: '?' }
    return driving('solo', question, { ...question, payload: { a: 1 } }, ['payload'])
  },
  decideApproval: async () => {
    const runId = await stage.atWork('solo')
    const { approval } = await stage.wanda.must('requestApproval', {
      runId,
      fence: 1,
      gate: 'g',
      question: '?',
    })
    const answer = { approvalId: approval.id, digest: approval.digest }
    return {
      by: stage.olga,
      runId,
      input: { ...answer, decision: 'APPROVE' },
      other: { ...answer, decision: 'REJECT' },
      differs: ['decision'],
    }
  },
  startExecution: async () =>
    driving('solo', { command: 'make', pid: 1 }, { command: 'make', pid: 2 }, ['pid']),
  finishExecution: async () => {
    const runId = await stage.atWork('solo')
    const { execution } = await stage.wanda.must('startExecution', { runId, fence: 1, command: 'make' })
    const input = { executionId: execution.id, fence: 1 }
    return {
      by: stage.wanda,
      runId,
      input: { ...input, exitCode: 0 },
      other: { ...input, exitCode: 1 },
      differs: ['exitCode'],
    }
  },
  openSession: async () => {
    const session = { role: 'writer', adapter: 'tmux' }
    return driving('solo', { ...session, handle: 1 }, { ...session, handle: 2 }, ['handle'])
  },
  updateSession: async () => {
    const { runId, input } = await withSession()
    return {
      by: stage.wanda,
      runId,
      input: { ...input, status: 'BOOTSTRAPPING' },
      other: { ...input, status: 'CRASHED' },
      differs: ['status'],
    }
  },
  recordPrompt: async () => {
    const { runId, input } = await withSession()
    for (const status of ['BOOTSTRAPPING', 'READY'])
      await stage.wanda.must('updateSession', { ...input, status })
    const prompt = { ...input, phase: 'work', stage: 'SENDING' }
    return {
      by: stage.wanda,
      runId,
      input: { ...prompt, dedupKey: 'a' },
      other: { ...prompt, dedupKey: 'b' },
      differs: ['dedupKey'],
    }
  },
  sendMessage: async () => about(stage.olga, await start(), { text: 'a' }, { text: 'b' }, ['text']),
  acknowledgeMessage: async () => {
    const runId = await stage.atWork('solo')
    const { sent } = await stage.olga.must('sendMessage', { runId, text: 'a' })
    const input = { messageId: sent.id, fence: 1 }
    return {
      by: stage.wanda,
      runId,
      input: { ...input, receipt: 'DELIVERED' },
      other: { ...input, receipt: 'CONSUMED' },
      differs: ['receipt'],
    }
  },
}

function about(by: Actor, runId: string, input: object, other: object, differs: readonly string[]): Ready {
  return { by, runId, input: { runId, ...input }, other: { runId, ...other }, differs }
}

/** A driving write to a run at work, under fence 1 unless it says otherwise. */
async function driving(
  workflow: string,
  input: object,
  other: object,
  differs: readonly string[],
): Promise<Ready> {
  const runId = await stage.atWork(workflow)
  return about(stage.wanda, runId, { fence: 1, ...input }, { fence: 1, ...other }, differs)
}

async function withSession(): Promise<{ runId: string; input: { sessionId: string; fence: number } }> {
  const runId = await stage.atWork('solo')
  const { session } = await stage.wanda.must('openSession', {
    runId,
    role: 'writer',
    adapter: 'tmux',
    fence: 1,
  })
  return { runId, input: { sessionId: session.id, fence: 1 } }
}

describe('a key', () => {
  it.each(Object.keys(READY))(
    'that comes again with %s answers as before, and with another input names what differs (G7)',
    async (name) => {
      const { by, runId, input, other, differs } = await (READY[name] as () => Promise<Ready>)()
      const idempotencyKey = `${name}-key`
      const first = await by.must(name, { ...input, idempotencyKey })
      expect(first.replayed).toBe(false)
      const id = runId ?? first.run.id
      const before = await stage.vera.log(id)
      const again = await by.must(name, { ...input, idempotencyKey })
      expect(again).toMatchObject({ __typename: first.__typename, replayed: true })
      for (const row of [
        'session',
        'approval',
        'execution',
        'artifact',
        'sent',
        'acknowledged',
        'run',
        'phase',
        'lease',
      ])
        expect([row, again[row]?.id, again[row]?.fence]).toEqual([row, first[row]?.id, first[row]?.fence])
      const mismatch = await by.send(name, { ...other, idempotencyKey })
      expect({ ...mismatch, differingPaths: mismatch.differingPaths?.toSorted() }).toEqual(
        refusal('IdempotencyMismatch', { differingPaths: differs }),
      )
      expect(await stage.vera.log(id)).toEqual(before)
    },
  )

  it('that comes many times at once is one change (G7)', async () => {
    const input = { workflow: 'solo', concurrencyKey: 'once', idempotencyKey: 'at-once' }
    const answers = await Promise.all(Array.from({ length: 10 }, () => stage.olga.must('startRun', input)))
    expect(new Set(answers.map(({ run }) => run.id)).size).toBe(1)
    expect(answers.filter(({ replayed }) => !replayed)).toHaveLength(1)
  })

  it('counts in its project and for its mutation alone', async () => {
    const idempotencyKey = 'shared'
    const here = await start({ idempotencyKey })
    const there = await start({ idempotencyKey, project: 'elsewhere' })
    expect(there).not.toBe(here)
    await stage.olga.must('pauseRun', { runId: here, idempotencyKey })
    expect(await stage.olga.send('pauseRun', { runId: there, idempotencyKey })).toMatchObject({
      replayed: false,
    })
    // another run of the same project under the same key
    const other = await start()
    expect(await stage.olga.send('pauseRun', { runId: other, idempotencyKey })).toEqual(
      refusal('IdempotencyMismatch', { differingPaths: ['runId'] }),
    )
  })

  it('of what was refused is kept by nobody: asked again, it is decided anew', async () => {
    const runId = await stage.atWork('solo')
    const input = { runId, idempotencyKey: 'too-early' }
    expect(await stage.olga.send('resumeRun', input)).toMatchObject({ __typename: 'NotResumable' })
    await stage.olga.must('pauseRun', { runId })
    expect(await stage.olga.must('resumeRun', input)).toMatchObject({
      replayed: false,
      run: { status: 'RUNNING' },
    })
  })

  it('of a claim hands out the lease and the same token again while it is the caller’s, and not after (G4)', async () => {
    const runId = await start({ workflow: 'relay' })
    const input = { runId, ...claim, idempotencyKey: 'claim-once' }
    const first = await stage.wanda.must('claimRun', input)
    expect(await stage.wanda.must('claimRun', input)).toMatchObject({
      replayed: true,
      agentToken: first.agentToken,
      lease: { fence: 1 },
    })
    await stage.pass(runId, 601)
    await stage.wanda.must('claimRun', { runId, owner: 'second', leaseSeconds: 600 })
    expect(await stage.wanda.must('claimRun', input)).toMatchObject({
      replayed: true,
      agentToken: null,
      lease: null,
      run: { lease: { owner: 'second', fence: 2 } },
    })
  })

  it('of a claim shows a run whose owner was lost as it is now, and not as RUNNING (G5)', async () => {
    const runId = await start()
    const input = { runId, ...claim, idempotencyKey: 'claim-lost' }
    await stage.wanda.must('claimRun', input)
    await stage.pass(runId, 601)
    expect(await stage.wanda.must('claimRun', input)).toMatchObject({
      replayed: true,
      lease: null,
      run: { status: 'FAILED', reason: 'OWNER_LOST', lease: null },
    })
  })
})

describe('a deletion', () => {
  it('asked for again under its key is done, and for another run refused (G7)', async () => {
    const [first, second] = [await start(), await start()]
    for (const runId of [first, second]) await stage.olga.must('cancelRun', { runId })
    const idempotencyKey = 'delete-once'
    expect(await stage.olga.must('deleteRun', { runId: first, idempotencyKey })).toMatchObject({
      replayed: false,
    })
    expect(await stage.olga.must('deleteRun', { runId: first, idempotencyKey })).toMatchObject({
      runId: first,
      replayed: true,
    })
    const mismatch = refusal('IdempotencyMismatch', { differingPaths: ['runId'] })
    expect(await stage.olga.send('deleteRun', { runId: second, idempotencyKey })).toEqual(mismatch)
    // the key is looked at before the run is
    const active = await start()
    expect(await stage.olga.send('deleteRun', { runId: active, idempotencyKey })).toEqual(mismatch)
    expect(await stage.vera.run(second)).toMatchObject({ status: 'CANCELLED' })
  })
})

describe('a role that may not claim', () => {
  it('is told that there is no such run before it is told what it may not do', async () => {
    const runId = 'run_01jd0000000000000000000000'
    const { secret } = await stage.adam.must('createToken', { name: 'otto', role: 'OPERATOR' })
    const otto = stage.join(secret)
    expect(await otto.send('resumeRun', { runId, claim })).toEqual(refusal('RunNotFound', { runId }))
    const there: Data = await start()
    expect(await otto.send('resumeRun', { runId: there, claim })).toEqual(
      refusal('Forbidden', { requiredRole: 'WORKER' }),
    )
  })
})
