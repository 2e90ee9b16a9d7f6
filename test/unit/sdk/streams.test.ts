import { PawlAuthError, PawlConnectionError, PawlCursorExpiredError, createPawl } from '@pawl/sdk'
import type { PawlOptions } from '@pawl/sdk'
import { describe, expect, it, onTestFinished } from 'vitest'
import { WebSocket } from 'ws'
import { createCodedError, startScriptedServer } from './scriptedServer.ts'
import type { Script, ScriptedServer } from './scriptedServer.ts'
import { makeEntry, makeEvent, makeFrame, makeMessage, makeRun } from './words.ts'

const retry = { attempts: 4, minDelayMs: 1, maxDelayMs: 5, timeoutMs: 5_000 }

const patience = { timeout: 10_000 }

const transports = [
  { transport: 'a WebSocket', WebSocket },
  { transport: 'server-sent events', WebSocket: false },
] as const

/** Never resolves: a stream that has nothing more to say. */
const silence = () => new Promise<never>(() => {})

async function collect<T>(items: AsyncIterable<T>): Promise<T[]> {
  const found: T[] = []
  for await (const item of items) found.push(item)
  return found
}

describe.each(transports)('over $transport', ({ WebSocket: Socket }) => {
  async function startServer(script: Script, options: Partial<PawlOptions> = {}) {
    const server = await startScriptedServer(script)
    onTestFinished(server.stop)
    const pawl = createPawl({ url: server.url, token: 'pawl_secret', WebSocket: Socket, retry, ...options })
    return { server, pawl }
  }

  /** A run's statuses from revision 1 on. Each connection sends what the script yields for where its reader stands. */
  function scriptFrames(send: (after: number, connection: number) => AsyncIterable<unknown>) {
    const afters: (number | null)[] = []
    const script = {
      Subscription: {
        runChanged: {
          subscribe: (_: unknown, { after }: { after: number | null }) => {
            afters.push(after)
            return send(after ?? 0, afters.length)
          },
        },
      },
    }
    return { afters, script }
  }

  describe('watch', () => {
    it('yields the present frame and each change, and ends with the final one', async () => {
      const { script } = scriptFrames(async function* () {
        yield makeFrame(3)
        await expect.poll(() => frames.length, patience).toBe(1)
        yield makeFrame(4, 'PAUSED')
        await expect.poll(() => frames.length, patience).toBe(2)
        yield makeFrame(7, 'COMPLETED')
        await silence()
      })
      const { server, pawl } = await startServer(script)
      const frames: unknown[] = []
      for await (const { revision, status } of pawl.runs.watch('run_01')) frames.push([revision, status])
      expect(frames).toEqual([
        [3, 'RUNNING'],
        [4, 'PAUSED'],
        [7, 'COMPLETED'],
      ])
      await expect.poll(server.countOpen, patience).toBe(0)
    })

    it('never repeats a revision and never goes back', async () => {
      const { script } = scriptFrames(async function* () {
        for (const revision of [2, 1, 2, 3, 3, 2]) yield makeFrame(revision)
        yield makeFrame(1, 'FAILED')
        yield makeFrame(5, 'CANCELLED')
        await silence()
      })
      const { pawl } = await startServer(script)
      const frames: number[] = []
      for await (const { revision } of pawl.runs.watch('run_01')) frames.push(revision)
      expect(frames.at(-1)).toBe(5)
      expect(frames).toEqual(frames.toSorted((a, b) => a - b))
      expect(new Set(frames).size).toBe(frames.length)
    })

    it('continues from its own revision after each lost connection', async () => {
      const { afters, script } = scriptFrames(async function* (after) {
        yield makeFrame(after)
        yield makeFrame(after + 1, after + 1 === 6 ? 'EXPIRED' : 'RUNNING')
        // Only what the reader has is lost with the connection.
        await expect.poll(() => frames.at(-1), patience).toBe(after + 1)
        server.dropConnections()
        await silence()
      })
      const { server, pawl } = await startServer(script)
      const frames: number[] = []
      for await (const frame of pawl.runs.watch('run_01', { after: 2 })) frames.push(frame.revision)
      expect(frames).toEqual([3, 4, 5, 6])
      expect(afters).toEqual([2, 3, 4, 5])
    })

    it('tells when it is connected and when it is not', async () => {
      const { script } = scriptFrames(async function* (after) {
        yield makeFrame(after + 1, after > 0 ? 'COMPLETED' : 'RUNNING')
        if (after === 0) server.dropConnections()
        await silence()
      })
      const { server, pawl } = await startServer(script)
      const connected: boolean[] = []
      await collect(pawl.runs.watch('run_01', { onConnection: (isConnected) => connected.push(isConnected) }))
      expect(connected.slice(0, 2)).toEqual([true, false])
      expect(connected.at(-1)).toBe(true)
    })

    it('does not take the end of a server for the end of the run', async () => {
      let revision = 0
      const { afters, script } = scriptFrames(async function* () {
        revision += 1
        yield makeFrame(revision, revision === 3 ? 'COMPLETED' : 'RUNNING')
      })
      const run = () => ({ ...makeRun({ revision }), isFinal: revision === 3 })
      const { pawl } = await startServer({ ...script, Query: { run } })
      const frames = await collect(pawl.runs.watch('run_01'))
      expect(frames.map((frame) => frame.revision)).toEqual([1, 2, 3])
      expect(afters).toEqual([null, 1, 2])
    })

    it('ends without a frame where the reader knows the final one already', async () => {
      const { script } = scriptFrames(async function* () {})
      const { pawl } = await startServer({
        ...script,
        Query: { run: () => makeRun({ status: 'COMPLETED', revision: 9 }) },
      })
      expect(await collect(pawl.runs.watch('run_01', { after: 9 }))).toEqual([])
    })

    it('ends with the first settled frame where that was asked for, and else continues with the next epoch', async () => {
      const { script } = scriptFrames(async function* () {
        yield makeFrame(4, 'FAILED')
        await expect.poll(() => isSettled, patience).toBe(true)
        yield makeFrame(6, 'COMPLETED')
        await silence()
      })
      let isSettled = false
      const { pawl } = await startServer(script)
      const settled = await collect(pawl.runs.watch('run_01', { untilSettled: true }))
      expect(settled.map((frame) => frame.status)).toEqual(['FAILED'])
      const final: string[] = []
      for await (const frame of pawl.runs.watch('run_01')) {
        final.push(frame.status)
        isSettled = true
      }
      expect(final).toEqual(['FAILED', 'COMPLETED'])
    })

    it('does not end with an older settled frame than the one that is known', async () => {
      const { script } = scriptFrames(async function* () {
        yield makeFrame(4, 'FAILED')
        await expect.poll(() => isOpen, patience).toBe(true)
        yield makeFrame(6, 'FAILED')
        await silence()
      })
      let isOpen = false
      const { pawl } = await startServer(script)
      const onConnection = () => void setTimeout(() => (isOpen = true), 50)
      const frames = await collect(pawl.runs.watch('run_01', { after: 5, untilSettled: true, onConnection }))
      expect(frames.map((frame) => frame.revision)).toEqual([6])
    })

    it('carries the whole run where that was asked for', async () => {
      const { script } = scriptFrames(async function* () {
        yield makeFrame(4, 'COMPLETED')
        await silence()
      })
      const { pawl } = await startServer(script)
      const [bare] = await collect(pawl.runs.watch('run_01'))
      const [whole] = await collect(pawl.runs.watch('run_01', { withRun: true }))
      expect(bare).not.toHaveProperty('run')
      expect(whole?.run).toEqual(makeRun({ status: 'COMPLETED', revision: 4 }))
    })

    it('throws where the run is unknown, without another try', async () => {
      const { afters, script } = scriptFrames(() => {
        throw createCodedError('RUN_NOT_FOUND')
      })
      const { pawl } = await startServer(script)
      await expect(collect(pawl.runs.watch('run_00'))).rejects.toMatchObject({
        name: 'PawlFault',
        code: 'RUN_NOT_FOUND',
      })
      expect(afters).toHaveLength(1)
    })

    it('gives up on a server that was never there', async () => {
      const { server, pawl } = await startServer({})
      await server.stop()
      const error = await collect(pawl.runs.watch('run_01')).catch((thrown: unknown) => thrown)
      expect(error).toBeInstanceOf(PawlConnectionError)
      expect(error).toMatchObject({ attempts: 4 })
    })

    it('gives a slow reader the newest frame, and holds none for it', async () => {
      let sent = 0
      const { script } = scriptFrames(async function* () {
        while (sent < 500) yield makeFrame((sent += 1))
        await expect.poll(() => hasCaughtUp, patience).toBe(true)
        yield makeFrame(1_000, 'COMPLETED')
        await silence()
      })
      let hasCaughtUp = false
      const { pawl } = await startServer(script)
      const frames: number[] = []
      for await (const { revision } of pawl.runs.watch('run_01')) {
        frames.push(revision)
        // Over a socket everything comes meanwhile; over HTTP the server waits for the reader.
        if (Socket && frames.length === 1) await expect.poll(() => sent, patience).toBe(500)
        hasCaughtUp = revision === 500
      }
      expect(frames.slice(-2)).toEqual([500, 1_000])
      if (Socket) expect(frames.length).toBeLessThan(100)
    })
  })

  describe('an AbortSignal', () => {
    it('ends a stream at once, without an error, and the server’s side of it', async () => {
      let isOpen = false
      const { script } = scriptFrames(async function* () {
        isOpen = true
        yield makeFrame(1)
        await silence()
      })
      const { server, pawl } = await startServer(script)
      const controller = new AbortController()
      const frames: number[] = []
      for await (const frame of pawl.runs.watch('run_01', { signal: controller.signal })) {
        frames.push(frame.revision)
        setTimeout(() => controller.abort(), 10)
      }
      expect(frames).toEqual([1])
      expect(isOpen).toBe(true)
      await expect.poll(server.countOpen, patience).toBe(0)
    })

    it('that has aborted already opens nothing', async () => {
      const { afters, script } = scriptFrames(() => silence() as never)
      const { server, pawl } = await startServer(script)
      expect(await collect(pawl.runs.watch('run_01', { signal: AbortSignal.abort() }))).toEqual([])
      expect(afters).toEqual([])
      expect(server.countOpen()).toBe(0)
    })

    it('that aborts while a stream is opened opens nothing, and asks for no token', async () => {
      const { afters, script } = scriptFrames(() => silence() as never)
      const asked: string[] = []
      const token = () => (asked.push('token'), 'pawl_secret')
      const { server, pawl } = await startServer(script, { token })
      const controller = new AbortController()
      const first = pawl.runs.watch('run_01', { signal: controller.signal }).next()
      controller.abort()
      expect(await first).toEqual({ done: true, value: undefined })
      expect([afters, asked, server.seen.requests, server.seen.sockets]).toEqual([[], [], 0, 0])
    })

    it('hands out nothing more, though more has come', async () => {
      const { pawl } = await startServer(scriptLog(10).script)
      const controller = new AbortController()
      const seqs: number[] = []
      for await (const { seq } of pawl.runs.events('run_01', { signal: controller.signal })) {
        seqs.push(seq)
        if (seq === 3) controller.abort()
      }
      expect(seqs).toEqual([1, 2, 3])
    })
  })

  it('closes its connection when the reader breaks off', async () => {
    const { server, pawl } = await startServer(scriptLog(10).script)
    for await (const { seq } of pawl.runs.events('run_01')) if (seq === 2) break
    await expect.poll(server.countOpen, patience).toBe(0)
  })

  it('ends at once when it is told to return while it waits', async () => {
    const { script } = scriptFrames(async function* () {
      yield makeFrame(1)
      await silence()
    })
    const { server, pawl } = await startServer(script)
    const frames = pawl.runs.watch('run_01')
    await frames.next()
    const waiting = frames.next()
    await frames.return?.()
    expect(await waiting).toEqual({ done: true, value: undefined })
    await expect.poll(server.countOpen, patience).toBe(0)
  })

  /** A log of the given length, and what a connection does after each event it has sent. */
  function scriptLog(length: number, misbehave: (seq: number) => Promise<unknown> | void = () => {}) {
    const afters: number[] = []
    const script: Script = {
      Query: { run: () => makeRun({ status: 'COMPLETED', revision: length }) },
      Subscription: {
        runEventAppended: {
          async *subscribe(_, { after }: { after: number }) {
            afters.push(after)
            for (let seq = after + 1; seq <= length; seq += 1) {
              yield makeEvent(seq)
              if ((await misbehave(seq)) === 'END') return
            }
          },
        },
      },
    }
    return { afters, script }
  }

  describe('events', () => {
    const upTo = (length: number) => Array.from({ length }, (_, index) => index + 1)

    it('come once and in order, over connections that break after every few', async () => {
      const { afters, script } = scriptLog(20, (seq) => (seq % 3 === 0 ? breakOff() : undefined))
      const breakOff = async () => {
        server.dropConnections()
        await silence()
      }
      const { server, pawl } = await startServer(script)
      const events = await collect(pawl.runs.events('run_01'))
      expect(events.map((event) => event.seq)).toEqual(upTo(20))
      expect(events[4]).toEqual(makeEvent(5))
      expect(afters.length).toBeGreaterThan(5)
    })

    it('begin after the given one', async () => {
      const { afters, script } = scriptLog(15)
      const { pawl } = await startServer(script)
      const events = await collect(pawl.runs.events('run_01', { after: 12 }))
      expect(events.map((event) => event.seq)).toEqual([13, 14, 15])
      expect(afters).toEqual([12])
    })

    it('do not end where the server does', async () => {
      const { afters, script } = scriptLog(5, async (seq) => (seq % 2 === 0 ? 'END' : ''))
      const { pawl } = await startServer(script)
      const events = await collect(pawl.runs.events('run_01'))
      expect(events.map((event) => event.seq)).toEqual(upTo(5))
      expect(afters).toEqual([0, 2, 4])
    })

    it('end when the run was deleted', async () => {
      const { script } = scriptLog(2)
      const { pawl } = await startServer({ ...script, Query: { run: () => null } })
      expect(await collect(pawl.runs.events('run_01'))).toHaveLength(2)
    })

    it('are asked for again from where one is missing, or come twice', async () => {
      let connections = 0
      const script: Script = {
        Query: { run: () => makeRun({ status: 'COMPLETED', revision: 5 }) },
        Subscription: {
          runEventAppended: {
            async *subscribe(_, { after }: { after: number }) {
              connections += 1
              if (connections > 1) for (let seq = after + 1; seq <= 5; seq += 1) yield makeEvent(seq)
              else for (const seq of [1, 2, 1, 2, 3, 5]) yield makeEvent(seq)
            },
          },
        },
      }
      const { pawl } = await startServer(script)
      const events = await collect(pawl.runs.events('run_01'))
      expect(events.map((event) => event.seq)).toEqual(upTo(5))
      expect(connections).toBe(2)
    })

    it('are all there for a reader that falls far behind', async () => {
      const { afters, script } = scriptLog(2_000)
      const { server, pawl } = await startServer(script)
      const seqs: number[] = []
      for await (const { seq } of pawl.runs.events('run_01')) {
        seqs.push(seq)
        // Over a socket more comes than is held, which closes it; over HTTP the server waits.
        if (Socket && seq === 1) await expect.poll(server.countOpen, patience).toBe(0)
      }
      expect(seqs).toEqual(upTo(2_000))
      if (Socket) expect(afters.length).toBeGreaterThan(1)
      else expect(afters).toEqual([0])
    })
  })

  describe('changes', () => {
    const change = (runId: string, revision: number, cursor: string, kind = 'UPSERTED') => ({
      cursor,
      kind,
      runId,
      revision,
      run: kind === 'UPSERTED' ? makeRun({ id: runId, revision }) : null,
    })

    it('go on from the cursor, and do not repeat a batch that broke off', async () => {
      const asked: unknown[] = []
      const script: Script = {
        Subscription: {
          runsChanged: {
            async *subscribe(_, { after, filter }: { after: string; filter: unknown }) {
              asked.push({ after, filter })
              if (asked.length === 1) {
                yield change('run_a', 4, 'c0')
                yield change('run_b', 2, 'c0', 'DELETED')
                await expect.poll(() => found.length, patience).toBe(2)
                server.dropConnections()
                await silence()
              }
              yield change('run_a', 4, 'c0')
              yield change('run_b', 2, 'c0', 'DELETED')
              yield change('run_a', 5, 'c0')
              yield change('run_c', 1, 'c1')
              yield change('run_c', 2, 'c2')
              await silence()
            },
          },
        },
      }
      const { server, pawl } = await startServer(script)
      const found: string[] = []
      for await (const { runId, revision } of pawl.runs.changes({ after: 'c0', filter: { project: 'p' } })) {
        found.push(`${runId}@${revision}`)
        if (found.length === 5) break
      }
      expect(found).toEqual(['run_a@4', 'run_b@2', 'run_a@5', 'run_c@1', 'run_c@2'])
      expect(asked).toEqual([
        { after: 'c0', filter: { project: 'p' } },
        { after: 'c0', filter: { project: 'p' } },
      ])
    })

    it('begin now, and lose nothing though the connection does before the first', async () => {
      const afters: string[] = []
      const script: Script = {
        Query: { runs: () => ({ nodes: [], feedCursor: 'now' }) },
        Subscription: {
          runsChanged: {
            async *subscribe(_, { after }: { after: string }) {
              afters.push(after)
              if (afters.length === 1) server.dropConnections()
              else yield change('run_a', 1, 'c1')
              await silence()
            },
          },
        },
      }
      const { server, pawl } = await startServer(script)
      for await (const { runId } of pawl.runs.changes()) {
        expect(runId).toBe('run_a')
        break
      }
      expect(afters).toEqual(['now', 'now'])
    })

    it('do not end where the server does', async () => {
      let connections = 0
      const script: Script = {
        Subscription: {
          runsChanged: {
            async *subscribe() {
              connections += 1
              yield change('run_a', connections, `c${connections}`)
            },
          },
        },
      }
      const { pawl } = await startServer(script)
      const revisions: number[] = []
      for await (const { revision } of pawl.runs.changes({ after: 'c0' })) {
        revisions.push(revision)
        if (revision === 3) break
      }
      expect(revisions).toEqual([1, 2, 3])
    })

    it('are all there for a reader that falls far behind', async () => {
      const script: Script = {
        Subscription: {
          runsChanged: {
            async *subscribe(_, { after }: { after: string }) {
              for (let n = Number(after) + 1; n <= 1_000; n += 1) yield change(`run_${n}`, 1, String(n))
              await silence()
            },
          },
        },
      }
      const { server, pawl } = await startServer(script)
      const cursors: number[] = []
      for await (const { cursor } of pawl.runs.changes({ after: '0' })) {
        cursors.push(Number(cursor))
        if (Socket && cursors.length === 1) await expect.poll(server.countOpen, patience).toBe(0)
        if (cursors.length === 1_000) break
      }
      expect(cursors).toEqual(Array.from({ length: 1_000 }, (_, index) => index + 1))
    })

    it('say so when the cursor is too old', async () => {
      const script: Script = {
        Subscription: {
          runsChanged: {
            subscribe: () => {
              throw createCodedError('CURSOR_EXPIRED')
            },
          },
        },
      }
      const { pawl } = await startServer(script)
      await expect(collect(pawl.runs.changes({ after: 'old' }))).rejects.toBeInstanceOf(
        PawlCursorExpiredError,
      )
    })
  })

  describe('directives', () => {
    const scriptDirectives = (send: (connection: number) => AsyncIterable<object>): Script => {
      let connections = 0
      return { Subscription: { directiveIssued: { subscribe: () => send((connections += 1)) } } }
    }

    it('come when they change, until the claim is gone', async () => {
      const script = scriptDirectives(async function* (connection) {
        yield { kind: 'CONTINUE' }
        if (connection === 1) return
        yield { kind: 'PAUSE' }
        yield { kind: 'LEASE_LOST' }
        await silence()
      })
      const { pawl } = await startServer(script)
      const directives = await collect(pawl.runs.directives('run_01', { fence: 1 }))
      expect(directives.map(({ kind }) => kind)).toEqual(['CONTINUE', 'PAUSE', 'LEASE_LOST'])
    })

    it('end with the server’s word after a stop', async () => {
      const script = scriptDirectives(async function* () {
        yield { kind: 'STOP' }
      })
      const { pawl } = await startServer(script)
      expect(await collect(pawl.runs.directives('run_01', { fence: 1 }))).toEqual([
        { kind: 'STOP', message: null },
      ])
    })

    it('bring each message once, however many connections tell of it', async () => {
      const say = (id: string) => ({ kind: 'MESSAGE', message: makeMessage({ id }) })
      const script = scriptDirectives(async function* (connection) {
        yield { kind: 'CONTINUE' }
        yield say('msg_1')
        yield say('msg_2')
        if (connection === 1) return
        yield say('msg_3')
        yield { kind: 'LEASE_LOST' }
        await silence()
      })
      const { pawl } = await startServer(script)
      const directives = await collect(pawl.runs.directives('run_01', { fence: 1 }))
      expect(directives.map(({ kind, message }) => message?.id ?? kind)).toEqual([
        'CONTINUE',
        'msg_1',
        'msg_2',
        'msg_3',
        'LEASE_LOST',
      ])
    })
  })

  describe('a transcript', () => {
    interface Scripted {
      readonly send: (after: number, connection: number) => AsyncIterable<unknown>
      readonly status?: () => string
      readonly left?: () => boolean
    }

    /** Entries of a session. Each connection sends what the script yields for where its reader stands. */
    function scriptEntries({ send, status = () => 'READY', left = () => false }: Scripted) {
      const afters: number[] = []
      const script: Script = {
        Query: {
          node: () => ({
            __typename: 'Session',
            status: status(),
            transcript: { pageInfo: { hasNextPage: left() } },
          }),
        },
        Subscription: {
          transcriptEntryAppended: {
            subscribe: (_: unknown, { after }: { after: number }) => {
              afters.push(after)
              return send(after, afters.length)
            },
          },
        },
      }
      return { afters, script }
    }

    it('comes whole and in order over lost connections, and ends with its session', async () => {
      const { afters, script } = scriptEntries({
        async *send(after) {
          yield makeEntry(Math.max(1, after))
          yield makeEntry(after + 1)
          yield makeEntry(after + 2)
          if (after >= 4) return
          await expect.poll(() => seqs.at(-1), patience).toBe(after + 2)
          server.dropConnections()
          await silence()
        },
        status: () => 'DISPOSED',
      })
      const { server, pawl } = await startServer(script)
      const seqs: number[] = []
      for await (const { seq } of pawl.sessions.transcript('ses_01')) seqs.push(seq)
      expect(seqs).toEqual([1, 2, 3, 4, 5, 6])
      expect(afters).toEqual([0, 2, 4])
    })

    it('continues where the server ends it while the session lives, or entries are left', async () => {
      const statuses = ['BUSY', 'DISPOSED', 'DISPOSED']
      const { script } = scriptEntries({
        async *send(after) {
          yield makeEntry(after + 1)
        },
        status: () => statuses.shift() ?? 'READY',
        left: () => statuses.length === 1,
      })
      const { pawl } = await startServer(script)
      const seqs = (await collect(pawl.sessions.transcript('ses_01'))).map(({ seq }) => seq)
      expect(seqs).toEqual([1, 2, 3])
    })

    it('asks again for an entry that was lost on the way', async () => {
      const { afters, script } = scriptEntries({
        async *send(after, connection) {
          yield makeEntry(after + 1)
          yield makeEntry(after + (connection === 1 ? 3 : 2))
        },
        status: () => 'DISPOSED',
      })
      const { pawl } = await startServer(script)
      const seqs = (await collect(pawl.sessions.transcript('ses_01', { after: 10 }))).map(({ seq }) => seq)
      expect(seqs).toEqual([11, 12, 13])
      expect(afters).toEqual([10, 11])
    })
  })

  describe('a token', () => {
    it('that is refused ends the stream with an error of its own', async () => {
      const { server, pawl } = await startServer({})
      server.faults.refusedToken = 'pawl_secret'
      await expect(collect(pawl.runs.changes({ after: 'c0' }))).rejects.toBeInstanceOf(PawlAuthError)
    })

    it('from a function is asked for once more when the old one has expired', async () => {
      const tokens = ['old', 'new']
      const { script } = scriptFrames(async function* () {
        yield makeFrame(1, 'COMPLETED')
      })
      const { server, pawl } = await startServer(script, { token: () => tokens.shift() })
      server.faults.refusedToken = 'old'
      expect(await collect(pawl.runs.watch('run_01'))).toHaveLength(1)
      expect(server.seen.authorizations).toEqual(['Bearer old', 'Bearer new'])
    })
  })
})

describe('a WebSocket', () => {
  async function startWatching(server: ScriptedServer, options: Partial<PawlOptions> = {}) {
    onTestFinished(server.stop)
    return createPawl({ url: server.url, token: 'pawl_secret', WebSocket, retry, ...options })
  }

  /** A run that is RUNNING at its first watching and has completed by the third. */
  const createRestarting = (onFrame: (revision: number) => void) => {
    let revision = 0
    return startScriptedServer({
      Subscription: {
        runChanged: {
          async *subscribe() {
            revision += 1
            yield makeFrame(revision, revision === 3 ? 'COMPLETED' : 'RUNNING')
            onFrame(revision)
            await silence()
          },
        },
      },
    })
  }

  it.each([1000, 1001, 1011, 1012, 4500])(
    'is opened again when the server closes it with %i',
    async (code) => {
      const frames: number[] = []
      const server = await createRestarting((revision) => {
        void expect
          .poll(() => frames.at(-1), patience)
          .toBe(revision)
          .then(() => server.closeSockets(code))
      })
      const pawl = await startWatching(server)
      for await (const { revision } of pawl.runs.watch('run_01')) frames.push(revision)
      expect(frames).toEqual([1, 2, 3])
      expect(server.seen.sockets).toBe(3)
    },
  )

  it.each([4400, 4406, 4409, 4429])('is not opened again when the server closes it with %i', async (code) => {
    const server = await startScriptedServer({})
    server.faults.closeCodes = [code]
    const pawl = await startWatching(server)
    await expect(collect(pawl.runs.changes({ after: 'c0' }))).rejects.toMatchObject({
      name: 'PawlFault',
      code: `SOCKET_${code}`,
    })
    expect(server.seen.sockets).toBe(1)
  })

  it.each([4401, 4403])('closed with %i means another token', async (code) => {
    const server = await startScriptedServer({})
    server.faults.closeCodes = [code]
    const pawl = await startWatching(server)
    await expect(collect(pawl.runs.changes({ after: 'c0' }))).rejects.toMatchObject({
      name: 'PawlAuthError',
      code: 'UNAUTHENTICATED',
    })
  })

  it('is shared by all streams, and closed with the last', async () => {
    const server = await startScriptedServer({
      Subscription: {
        runChanged: {
          async *subscribe() {
            yield makeFrame(1)
            await silence()
          },
        },
      },
    })
    const pawl = await startWatching(server)
    const streams = ['run_01', 'run_02', 'run_03'].map((id) => pawl.runs.watch(id))
    await Promise.all(streams.map((stream) => stream.next()))
    expect(server.seen.sockets).toBe(1)
    await streams[0]?.return?.()
    await streams[1]?.return?.()
    expect(server.countOpen()).toBe(1)
    await streams[2]?.return?.()
    await expect.poll(server.countOpen, patience).toBe(0)
  })
})
