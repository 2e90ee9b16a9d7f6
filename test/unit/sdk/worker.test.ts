import { PawlAuthError, createPawl, unwrap } from '@pawl/sdk'
import type { OwnedRun, Run, RunDetail, WorkerHandler, WorkerOptions } from '@pawl/sdk'
import { describe, expect, it, onTestFinished } from 'vitest'
import { createCodedError, startScriptedServer } from './scriptedServer.ts'
import type { Resolver } from './scriptedServer.ts'
import { at, makeDetail } from './words.ts'

/** A server with a queue of runs, which it hands out once, and a note of every write. */
async function startRunServer(ids: readonly string[]) {
  const runs = new Map(ids.map((id) => [id, makeDetail({ id })]))
  const queue = [...ids]
  const claims = new Map<string, string>()
  const writes: string[] = []
  const state = {
    directive: 'CONTINUE',
    claimError: undefined as Error | undefined,
    refuseFailing: false,
    refuseStarting: false,
    expiredClaims: 0,
  }
  let wake: () => void = () => {}
  let answerNothing = async (): Promise<object> => ({ __typename: 'NothingToClaim', message: 'Nothing' })

  const lease = (fence: number) => ({ owner: 'w', fence, expiresAt: at(1), isLive: true })
  const change = (id: string, fields: Partial<RunDetail>) => {
    const run = makeDetail({ ...runs.get(id), ...fields, id })
    runs.set(id, run)
    return run
  }
  /** A write of the owner's, noted with its fence; `to` is the status that it leads to. */
  const write =
    (name: string, to: Run['status'] | undefined) =>
    (
      _: unknown,
      { input }: { input: { runId: string; fence?: number; reason?: string; error?: unknown } },
    ) => {
      const detail = input.reason ? ` ${input.reason} ${String(input.error)}` : ''
      writes.push(`${name} ${input.runId} #${input.fence}${detail}`)
      const run = change(input.runId, to ? { status: to } : {})
      return { run, isReplayed: false, hasChanged: true, round: 1, phase: PHASE }
    }
  const as =
    (typename: string, resolve: Resolver): Resolver =>
    (parent, args) => ({ __typename: typename, ...(resolve(parent, args) as object) })

  const server = await startScriptedServer({
    Query: {
      run: (_, { id }: { id: string }) => runs.get(id),
      runs: () => ({ nodes: [], feedCursor: 'now' }),
    },
    Mutation: {
      claimRun: (_, { input }: { input: { idempotencyKey: string } }) => {
        if (state.claimError) throw state.claimError
        const id = claims.get(input.idempotencyKey) ?? queue.shift()
        if (!id) return answerNothing()
        if (state.expiredClaims > 0) {
          state.expiredClaims -= 1
          return {
            __typename: 'ClaimRunSuccess',
            run: makeDetail({ id }),
            lease: null,
            agentToken: null,
            isReplayed: true,
          }
        }
        const isReplayed = claims.has(input.idempotencyKey)
        claims.set(input.idempotencyKey, id)
        const run = change(id, { status: 'RUNNING', lease: lease(7) })
        return {
          __typename: 'ClaimRunSuccess',
          run,
          lease: lease(7),
          agentToken: `agent-of-${id}`,
          isReplayed,
        }
      },
      renewLease: (_, { input }: { input: { fence: number } }) => ({
        __typename: 'RenewLeaseSuccess',
        lease: lease(input.fence),
        asOf: at(1 - 30_000),
        cancelGraceSeconds: 30,
        directives: [{ kind: state.directive }],
      }),
      startPhase: (parent, args) => {
        if (!state.refuseStarting)
          return as('StartPhaseSuccess', write('startPhase', undefined))(parent, args)
        return { __typename: 'LeaseLost', message: 'gone', run: makeDetail(), yourFence: 7, currentFence: 8 }
      },
      advancePhase: as('AdvancePhaseSuccess', write('advancePhase', undefined)),
      completeRound: as('CompleteRoundSuccess', write('completeRound', undefined)),
      completeRun: as('CompleteRunSuccess', write('completeRun', 'COMPLETED')),
      failRun: (parent, args) => {
        if (!state.refuseFailing) return as('FailRunSuccess', write('failRun', 'FAILED'))(parent, args)
        const run = change((args as { input: { runId: string } }).input.runId, { status: 'CANCELLING' })
        return { __typename: 'RunNotActive', message: 'It is being cancelled', run, status: 'CANCELLING' }
      },
      releaseRun: as('ReleaseRunSuccess', write('releaseRun', 'QUEUED')),
      confirmCancel: as('ConfirmCancelSuccess', write('confirmCancel', 'CANCELLED')),
    },
    Subscription: {
      directiveIssued: {
        async *subscribe() {
          yield { kind: state.directive }
          await new Promise(() => {})
        },
      },
      runOffered: {
        async *subscribe() {
          for (let isThere = queue.length > 0; ; isThere = false) {
            if (!isThere) await new Promise<void>((resolve) => (wake = resolve))
            yield { runId: queue[0] ?? 'run_none' }
          }
        },
      },
    },
  })
  onTestFinished(server.stop)
  const pawl = createPawl({
    url: server.url,
    WebSocket: false,
    retry: { attempts: 2, minDelayMs: 1, maxDelayMs: 5 },
  })
  const work = (handler: WorkerHandler, options: Partial<WorkerOptions> = {}) => {
    const worker = pawl.worker({ owner: 'w', leaseSeconds: 3, pollMs: 20, ...options }, handler)
    onTestFinished(() => worker.stop({ timeoutMs: 0 }).catch(() => {}))
    return worker
  }
  const enqueue = (id: string) => {
    runs.set(id, makeDetail({ id }))
    queue.push(id)
    wake()
  }
  /** Lets a run come up just after the server has found that there is none. */
  const enqueueTooLate = (id: string) => {
    const answer = answerNothing
    answerNothing = async () => {
      answerNothing = answer
      enqueue(id)
      // The offer is on its way before the answer is.
      await new Promise((resolve) => setTimeout(resolve, 100))
      return answer()
    }
  }
  return { server, state, writes, runs, work, enqueue, enqueueTooLate, change }
}

const PHASE = {
  id: 'phs_1',
  key: 'context',
  round: 1,
  status: 'RUNNING',
  attempts: 1,
  isFinalPhase: false,
  role: null,
  nextPhases: [],
  startedAt: null,
  endedAt: null,
  error: null,
}

const patience = { timeout: 10_000 }

const untilStopped = (held: OwnedRun) =>
  new Promise<void>((resolve) => {
    if (held.signal.aborted) resolve()
    held.signal.addEventListener('abort', () => resolve())
  })

describe('a worker', () => {
  it('claims a run and hands it over with its fence filled in', async () => {
    const { writes, work } = await startRunServer(['run_1'])
    let agentToken: string | null = null
    work(async (held) => {
      agentToken = held.agentToken
      unwrap(await held.phases.start('context'))
      unwrap(await held.phases.advance('synthesis'))
      unwrap(await held.rounds.complete())
      unwrap(await held.complete())
    })
    await expect
      .poll(() => writes, patience)
      .toEqual([
        'startPhase run_1 #7',
        'advancePhase run_1 #7',
        'completeRound run_1 #7',
        'completeRun run_1 #7',
      ])
    expect(agentToken).toBe('agent-of-run_1')
  })

  it('writes nothing more about a run that its handler has settled', async () => {
    const { writes, work } = await startRunServer(['run_1'])
    const worker = work(async (held) => void (await held.complete()))
    await expect.poll(() => writes.length, patience).toBe(1)
    await worker.stop()
    expect(writes).toEqual(['completeRun run_1 #7'])
  })

  it('fails a run as INCOMPLETE whose handler returns before it is completed', async () => {
    const { writes, work } = await startRunServer(['run_1'])
    work(() => {})
    await expect
      .poll(() => writes, patience)
      .toEqual(['failRun run_1 #7 INCOMPLETE The handler returned without completing the run'])
  })

  it('fails a run with what its handler threw', async () => {
    const { writes, work } = await startRunServer(['run_1', 'run_2'])
    const thrown = { run_1: new Error('no disk'), run_2: new Error('') }
    const told: unknown[] = []
    work(
      (held) => {
        throw thrown[held.run.id as keyof typeof thrown]
      },
      { onError: (error) => told.push(error) },
    )
    await expect
      .poll(() => writes, patience)
      .toEqual([
        'failRun run_1 #7 REPORTED_FAILURE no disk',
        'failRun run_2 #7 REPORTED_FAILURE The handler threw an error without a message',
      ])
    // The errors themselves, with their stacks.
    expect(told[0]).toBe(thrown.run_1)
    expect(told[1]).toBe(thrown.run_2)
  })

  it('confirms a cancel once the handler has stopped', async () => {
    const { state, writes, work, change } = await startRunServer(['run_1'])
    let stopped = false
    work(async (held) => {
      change('run_1', { status: 'CANCELLING' })
      state.directive = 'CANCEL'
      await untilStopped(held)
      expect(held.interruption).toBe('CANCEL')
      await new Promise((resolve) => setTimeout(resolve, 50))
      expect(writes).toEqual([])
      stopped = true
      throw new Error('killed')
    })
    await expect.poll(() => writes, patience).toEqual(['confirmCancel run_1 #7'])
    expect(stopped).toBe(true)
  })

  it('releases a run that was paused', async () => {
    const { state, writes, work, change } = await startRunServer(['run_1'])
    work(async (held) => {
      change('run_1', { status: 'PAUSED' })
      state.directive = 'PAUSE'
      await untilStopped(held)
    })
    await expect.poll(() => writes, patience).toEqual(['releaseRun run_1 #7'])
  })

  it('releases a run that waits for a person when its handler returns', async () => {
    const { writes, work, change } = await startRunServer(['run_1'])
    work(() => void change('run_1', { status: 'AWAITING_APPROVAL' }))
    await expect.poll(() => writes, patience).toEqual(['releaseRun run_1 #7'])
  })

  it('looks again where the run changed while it was about to fail it', async () => {
    const { state, writes, work } = await startRunServer(['run_1'])
    state.refuseFailing = true
    work(() => {})
    await expect.poll(() => writes, patience).toEqual(['confirmCancel run_1 #7'])
  })

  it('writes nothing about a run whose lease is lost', async () => {
    const { state, writes, work } = await startRunServer(['run_1'])
    let why: string | undefined
    const worker = work(async (held) => {
      state.directive = 'LEASE_LOST'
      await untilStopped(held)
      why = held.interruption
    })
    await expect.poll(() => why, patience).toBe('LEASE_LOST')
    await worker.stop()
    expect(writes).toEqual([])
  })

  it('holds as many runs at a time as it may', async () => {
    const { work, writes } = await startRunServer(['run_1', 'run_2', 'run_3', 'run_4'])
    let [running, most, begun] = [0, 0, 0]
    const worker = work(
      async (held) => {
        running += 1
        begun += 1
        most = Math.max(most, running)
        await expect.poll(() => begun, patience).toBeGreaterThan(1)
        running -= 1
        await held.complete()
      },
      { concurrency: 2 },
    )
    await expect.poll(() => writes.length, patience).toBe(4)
    expect(most).toBe(2)
    await expect.poll(() => worker.ownedCount, patience).toBe(0)
  })

  it('wakes when it is offered a run, without waiting for its next look', async () => {
    const { server, work, enqueue, writes } = await startRunServer([])
    const worker = work(async (held) => void (await held.complete()), { pollMs: 60_000 })
    await expect.poll(() => server.seen.requests, patience).toBeGreaterThan(1)
    enqueue('run_9')
    await expect.poll(() => writes, patience).toEqual(['completeRun run_9 #7'])
    await worker.stop()
  })

  it('is offered what was queued while it was being told that there is none', async () => {
    const { server, work, enqueue, enqueueTooLate, writes } = await startRunServer([])
    work(async (held) => void (await held.complete()), { pollMs: 60_000 })
    await expect.poll(() => server.seen.requests, patience).toBeGreaterThan(1)
    enqueueTooLate('run_9')
    enqueue('run_8')
    await expect.poll(() => writes, patience).toEqual(['completeRun run_8 #7', 'completeRun run_9 #7'])
  })

  it('interrupts a handler whose write found the lease lost', async () => {
    const { state, work, writes } = await startRunServer(['run_1'])
    state.refuseStarting = true
    let why: string | undefined
    const worker = work(async (held) => {
      await held.phases.start('context')
      why = held.interruption
    })
    await expect.poll(() => why, patience).toBe('LEASE_LOST')
    await worker.stop()
    expect(writes).toEqual([])
  })

  it('does not interrupt a handler that continues after it has completed the run', async () => {
    const { state, work } = await startRunServer(['run_1'])
    let interruption: string | undefined = 'none yet'
    const worker = work(
      async (held) => {
        await held.complete()
        state.directive = 'LEASE_LOST'
        // Longer than a third of the lease, when the next renewal would hear of it.
        await new Promise((resolve) => setTimeout(resolve, 500))
        interruption = held.interruption
      },
      { leaseSeconds: 1 },
    )
    await expect.poll(() => interruption, patience).toBeUndefined()
    await worker.stop()
  })

  it('takes a run once whose claim’s answer was lost', async () => {
    const { server, work, writes } = await startRunServer(['run_1', 'run_2'])
    server.faults.lostAnswers = 1
    work(async (held) => void (await held.complete()))
    await expect.poll(() => writes, patience).toEqual(['completeRun run_1 #7', 'completeRun run_2 #7'])
  })

  it('leaves a run alone whose claim was over before its answer came', async () => {
    const { state, work, writes } = await startRunServer(['run_1', 'run_2'])
    state.expiredClaims = 1
    const errors: unknown[] = []
    const worker = work(async (held) => void (await held.complete()), {
      onError: (error) => errors.push(error),
    })
    await expect.poll(() => writes, patience).toEqual(['completeRun run_2 #7'])
    await worker.stop()
    expect(errors).toEqual([])
  })

  it('reports trouble and tries again', async () => {
    const { state, work, writes } = await startRunServer(['run_1'])
    state.claimError = createCodedError('INTERNAL')
    const errors: unknown[] = []
    work(async (held) => void (await held.complete()), { onError: (error) => errors.push(error) })
    await expect.poll(() => errors.length, patience).toBeGreaterThan(1)
    state.claimError = undefined
    await expect.poll(() => writes.length, patience).toBe(1)
  })

  it('ends where it may not work', async () => {
    const { state, work } = await startRunServer([])
    state.claimError = createCodedError('UNAUTHENTICATED')
    await expect(work(() => {}).finished).rejects.toBeInstanceOf(PawlAuthError)
  })

  it('stops when the runs it holds are done, and takes no more', async () => {
    const { work, writes, runs } = await startRunServer(['run_1', 'run_2'])
    let finish = () => {}
    const worker = work(async (held) => {
      await new Promise<void>((resolve) => (finish = resolve))
      await held.complete()
    })
    await expect.poll(() => worker.ownedCount, patience).toBe(1)
    const stopping = worker.stop()
    finish()
    await stopping
    expect(writes).toEqual(['completeRun run_1 #7'])
    expect(runs.get('run_2')?.status).toBe('QUEUED')
    expect(worker.ownedCount).toBe(0)
  })

  it('interrupts and releases what is not done in time when it stops', async () => {
    const { work, writes } = await startRunServer(['run_1'])
    let why: string | undefined
    const worker = work(async (held) => {
      await untilStopped(held)
      why = held.interruption
    })
    await expect.poll(() => worker.ownedCount, patience).toBe(1)
    await worker.stop({ timeoutMs: 20 })
    expect(why).toBe('SHUTDOWN')
    expect(writes).toEqual(['releaseRun run_1 #7'])
  })
})
