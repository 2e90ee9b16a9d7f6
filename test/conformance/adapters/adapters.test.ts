import { once } from 'node:events'
import { existsSync, readFileSync } from 'node:fs'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import type { JsonValue } from '@pawl/sdk'
import { describe, expect, it, onTestFinished } from 'vitest'
import { DirectoryLock } from '../../../src/processes/directoryLock.ts'
import { isLiving } from '../../../src/processes/processTable.ts'
import { DISCARDED_OUTPUT } from '../../../src/adapters/kit/adapter.ts'
import { identify } from '../../../src/adapters/kit/handle.ts'
import { follow, KINDS, WITHOUT_TMUX } from './kinds.ts'
import { AT_ONCE, never, NO_HURRY, until } from './workbench.ts'
import type { Workbench } from './workbench.ts'
import { programFile } from '../../support/programs.ts'
import { startChild } from '../../support/startChild.ts'

const prompt = (text: string, key = `key of ${text.slice(0, 20)}`) => ({ key, text })

const handleOf = (bench: Workbench) => bench.handles.at(-1) as Record<string, JsonValue>

if (WITHOUT_TMUX) console.warn(`skipped: ${WITHOUT_TMUX}`)

for (const kind of KINDS)
  describe.skipIf(kind.name === 'tmux' && WITHOUT_TMUX !== undefined)(
    `an agent reached through ${kind.name}`,
    () => {
      const { outlives, stays, hears } = kind
      // a terminal takes longest, and has tests of its own
      const further = kind.name === 'tmux' ? { tags: 'thorough' } : {}

      it('is recorded, does its work in order, and is waited for', async () => {
        const bench = await follow(kind, [
          { do: [{ say: 'one' }, { write: 'out.json', json: { ok: true } }, { say: 'two' }] },
        ])
        const agent = await bench.open()
        expect(agent.isAdopted).toBe(false)
        expect(await agent.probe()).toBe('WAITING')
        expect(await agent.hasReceived('key of go')).toBe(false)
        await agent.send(prompt('go'))
        expect(await agent.hasReceived('key of go')).toBe(true)
        expect(await agent.turnOver(never())).toMatchObject({
          exit: stays ? null : { exitCode: 0, signal: null },
        })
        await bench.untilPrinted('two')
        expect(bench.said()).toMatch(/one\ntwo\n/)
        expect(JSON.parse(readFileSync(join(bench.workspace, 'out.json'), 'utf8'))).toEqual({ ok: true })
        expect(await agent.probe()).toBe(stays ? 'WAITING' : 'GONE')
        expect(bench.log.map((line) => line.split(' ')[0])).toEqual(stays ? ['start'] : ['start', 'end'])
      })

      it('does nothing before it is recorded and can be found', further, async () => {
        const bench = await follow(kind, [{ do: [{ write: 'begun', text: '' }] }])
        const begun = join(bench.workspace, 'begun')
        const before: boolean[] = []
        const { saveHandle, recordStart } = bench.context()
        const agent = await bench.open({
          recordStart: async (process) => {
            if (process.handle !== undefined) before.push(existsSync(begun))
            return recordStart(process)
          },
          saveHandle: async (handle) => {
            before.push(existsSync(begun))
            await saveHandle(handle)
          },
        })
        await agent.send(prompt('go'))
        await until(() => existsSync(begun))
        expect(before[0]).toBe(false)
        expect(bench.handles[0]).toMatchObject({ leader: { pid: bench.pids[0] } })
      })

      it.skipIf(stays)(
        'hears nothing of a prompt that is only prepared, and nothing is left of that',
        async () => {
          const bench = await follow(kind, [
            { prompt: 'kept', do: [{ echoPrompt: true }, { write: 'begun', text: '' }] },
            { do: [{ say: 'not meant' }, { write: 'wrong', text: '' }] },
          ])
          const agent = await bench.open()
          agent.prepare?.(prompt('not sent'))
          await until(() => bench.handles.length === 1)
          await agent.send(prompt('kept'))
          await agent.turnOver(never())
          agent.prepare?.(prompt('not sent either'))
          await until(() => bench.log.length === 5)
          expect(await agent.stop(AT_ONCE, 'CANCELLED')).toBe(true)
          agent.prepare?.(prompt('not even started'))
          expect(await agent.stop(AT_ONCE, 'CANCELLED')).toBe(true)
          await agent.close()
          expect(bench.processes()).toEqual([])
          expect(existsSync(join(bench.workspace, 'begun'))).toBe(true)
          expect(existsSync(join(bench.workspace, 'wrong'))).toBe(false)
          expect(bench.said()).toBe('kept')
          expect(bench.log.filter((line) => line.startsWith('start')).length).toBe(bench.ends.size)
          expect(await agent.hasReceived('key of not sent')).toBe(false)
        },
      )

      it.skipIf(stays)('that was prepared is what is sent', async () => {
        const bench = await follow(kind, [{ do: [{ echoPrompt: true }] }])
        const agent = await bench.open()
        agent.prepare?.(prompt('go'))
        await agent.send(prompt('go'))
        expect(await agent.turnOver(never())).toMatchObject({ exit: { exitCode: 0 } })
        expect([bench.pids.length, bench.said()]).toEqual([1, 'go'])
      })

      it(
        'keeps the lock of its directory for as long as it lives, also where its owner has let go',
        further,
        async () => {
          const bench = await follow(kind, [{ do: [{ say: 'at work' }, { sleep: 60_000 }] }])
          const use = (runId: string) => ({ program: 'test', runId, fence: 1, outerRuns: [] })
          const lock = await DirectoryLock.take(bench.workspace, use('run_1'))
          const agent = await bench.open({ keep: [lock.fd] })
          await agent.send(prompt('go'))
          await bench.untilPrinted('at work')
          lock.release()
          const taken = DirectoryLock.take(bench.workspace, use('run_2'))
          await expect(taken).rejects.toMatchObject({ holder: { runId: 'run_1', fence: 1 } })
          const again = await DirectoryLock.take(bench.workspace, use('run_1'))
          again.release()
          expect(await agent.stop(AT_ONCE, 'CANCELLED')).toBe(true)
          const next = await DirectoryLock.take(bench.workspace, use('run_2'))
          next.release()
        },
      )

      it('gets its prompt as it is: long, of many lines, beginning like an option', async () => {
        const bench = await follow(kind, [{ do: [{ echoPrompt: true }, { say: '\nthat was all' }] }])
        const agent = await bench.open()
        const text =
          `-n --flag "quoted" 'so' $HOME #{pid} %H ; \\; é𝄞\n\tindented\n\n${'a long line '.repeat(400)}\n`.repeat(
            4,
          )
        await agent.send(prompt(text))
        await bench.untilPrinted('that was all')
        expect(bench.said()).toContain(text)
      })

      it(
        'has its place and its execution in its environment, and its token is its own',
        further,
        async () => {
          const words = ['sh', '-c', 'echo "[$PWD|$PAWL_EXECUTION_ID|$PAWL_RUN_ID|$TMUX]"']
          const bench = await follow(kind, [{ do: [{ run: words }] }])
          const agent = await bench.open()
          await agent.send(prompt('go'))
          await bench.untilPrinted('run_1')
          const executionId = bench.log[0]?.slice('start '.length)
          expect(bench.said()).toContain(`[${bench.workspace}|${executionId}|run_1|]`)
        },
      )

      it('is steered where it can be reached in its turn, else not', further, async () => {
        const bench = await follow(kind, [
          { prompt: 'begin', do: [{ say: 'begun' }, { awaitFile: 'go-on' }] },
          { do: [{ say: 'heard: ' }, { echoPrompt: true }] },
        ])
        const agent = await bench.open()
        await agent.send(prompt('begin'))
        await bench.untilPrinted('begun')
        expect(await agent.steer('a word\u001b[A meanwhile')).toBe(hears !== null)
        await writeFile(join(bench.workspace, 'go-on'), '')
        if (hears) await bench.untilPrinted(hears('a word\u001b[A meanwhile'))
        else await agent.turnOver(never())
        expect(await agent.stop(NO_HURRY, 'CANCELLED')).toBe(true)
        expect(await agent.steer('too late')).toBe(false)
      })

      it('is seen to be silent, and is recorded as ended for that', further, async () => {
        const bench = await follow(kind, [{ do: [{ say: 'last word' }, { silence: true }] }])
        const agent = await bench.open()
        await agent.send(prompt('go'))
        await bench.untilPrinted('last word')
        await until(() => performance.now() - agent.lastActivityAt > 1_500)
        expect(await agent.probe()).toBe('WORKING')
        expect(await agent.stop(NO_HURRY, 'IDLE')).toBe(true)
        expect([...bench.ends.values()]).toEqual([{ exitCode: null, signal: 'SIGTERM', end: 'IDLE' }])
      })

      it('is ended with all it has started, whatever ignores SIGTERM and wherever it went', async () => {
        const bench = await follow(kind, [
          {
            do: [
              { ignore: 'SIGTERM' },
              { fork: 'group' },
              { fork: 'session' },
              { say: 'up' },
              { silence: true },
            ],
          },
        ])
        const agent = await bench.open()
        await agent.send(prompt('go'))
        await bench.untilPrinted('up')
        await until(() => bench.processes().length >= 3)
        expect(await agent.stop({ killAfterMs: 300, mustKill: () => false }, 'CANCELLED')).toBe(true)
        expect(bench.processes()).toEqual([])
        expect([...bench.ends.values()]).toEqual([{ exitCode: null, signal: 'SIGKILL', end: 'CANCELLED' }])
        expect(handleOf(bench)).toMatchObject({ leader: null, server: null })
      })

      it('is ended at once where there is no more time', further, async () => {
        const bench = await follow(kind, [{ do: [{ ignore: 'SIGTERM' }, { say: 'up' }, { silence: true }] }])
        const agent = await bench.open()
        await agent.send(prompt('go'))
        await bench.untilPrinted('up')
        let isOver = false
        const stopped = agent.stop({ killAfterMs: 3_600_000, mustKill: () => isOver }, 'CANCELLED')
        isOver = true
        expect(await stopped).toBe(true)
        expect(bench.processes()).toEqual([])
      })

      it.each([
        { how: 'exits by itself', step: { exit: 3 }, ending: { exitCode: 3, signal: null } },
        { how: 'crashes', step: { crash: true }, ending: { exitCode: null, signal: 'SIGKILL' } },
      ] as const)('tells how it ended where it $how, with its last words', async ({ step, ending }) => {
        const bench = await follow(kind, [{ do: [{ fork: 'session' }, { say: 'last words' }, step] }])
        const agent = await bench.open()
        await agent.send(prompt('go'))
        expect(await agent.turnOver(never())).toMatchObject({ exit: ending })
        expect(await agent.probe()).toBe('GONE')
        expect(bench.said()).toMatch(/last words\n/)
        expect([...bench.ends.values()]).toEqual([{ ...ending, end: 'EXITED' }])
        expect(bench.processes()).toEqual([])
      })

      it('is started again for the next prompt, and after a restart', further, async () => {
        const bench = await follow(kind, [
          { times: 1, do: [{ exit: 1 }] },
          { do: [{ say: 'working' }, { silence: true }] },
        ])
        const agent = await bench.open()
        await agent.send(prompt('1'))
        await agent.turnOver(never())
        await agent.send(prompt('2'))
        await bench.untilPrinted('working')
        await agent.restart(NO_HURRY)
        expect(bench.processes()).toEqual([])
        await agent.send(prompt('3'))
        await until(() => bench.said().split('working').length === 3)
        expect(new Set(bench.pids).size).toBe(3)
        expect(bench.ends.size).toBe(2)
      })

      it('floods without being held up, and nothing of it is missing', further, async () => {
        const bench = await follow(kind, [{ do: [{ flood: 3_000_000 }, { say: 'after the flood' }] }])
        const agent = await bench.open()
        await agent.send(prompt('go'))
        await bench.untilPrinted('after the flood')
        expect(bench.said().split('all work and no play makes a dull agent').length).toBeGreaterThan(73_000)
      })

      it('stops waiting when it is told to', further, async () => {
        const bench = await follow(kind, [{ do: [{ silence: true }] }])
        const agent = await bench.open()
        await agent.send(prompt('go'))
        const told = new AbortController()
        const waiting = agent.turnOver(told.signal)
        told.abort(new Error('enough'))
        await expect(waiting).rejects.toThrow('enough')
      })

      it('is adopted by the next owner, or proven gone', async () => {
        const bench = await follow(kind, [
          { prompt: 'first', do: [{ say: 'begun' }, { awaitFile: 'go-on' }, { say: 'finished' }] },
          { do: [{ say: 'second answer' }] },
        ])
        const first = await bench.open()
        await first.send(prompt('first'))
        await bench.untilPrinted('begun')
        const { leader } = handleOf(bench) as unknown as { leader: { pid: number; startedAt: string } }
        if (outlives) await first.close()
        const next = await bench.open()
        expect(next.isAdopted).toBe(outlives)
        expect(isLiving(leader)).toBe(outlives)
        expect(await next.hasReceived('key of first')).toBe(true)
        expect(await next.probe()).toBe(outlives ? 'WORKING' : 'GONE')
        await writeFile(join(bench.workspace, 'go-on'), '')
        expect(await next.turnOver(never())).toMatchObject({
          exit: outlives ? null : { exitCode: null, signal: null },
        })
        await next.send(prompt('second'))
        await bench.untilPrinted('second answer')
        expect(bench.said().split('begun')).toHaveLength(2)
        expect(bench.said().includes('finished')).toBe(outlives)
      })

      it('dies with its owner, or waits for the next one, and its output continues where it stood', async () => {
        const bench = await follow(kind, [
          {
            do: [
              { fork: 'group' },
              { say: 'begun' },
              { awaitFile: 'go-on' },
              { say: 'finished' },
              { awaitFile: 'end' },
            ],
          },
        ])
        const kept = { handle: join(bench.folder, 'handle'), output: join(bench.folder, 'output') }
        const { output: _, ...context } = bench.context()
        const given = JSON.stringify({ context, prompt: prompt('go'), kept })
        const owner = startChild(process.execPath, [programFile('adapterOwner'), kind.name, given], {
          stdio: ['ignore', 'pipe', 'inherit'],
        })
        const ended = once(owner, 'exit')
        onTestFinished(async () => {
          owner.kill('SIGKILL')
          await ended
        })
        await once(createInterface({ input: owner.stdout }), 'line')
        await until(() => existsSync(kept.output) && readFileSync(kept.output, 'utf8').includes('begun'))
        owner.kill('SIGKILL')
        await ended
        if (!outlives) await until(() => bench.processes().length === 0)
        const handle = JSON.parse(readFileSync(kept.handle, 'utf8')) as JsonValue
        const startsAt = readFileSync(kept.output).length
        let rest = ''
        const output = {
          ...DISCARDED_OUTPUT,
          startsAt,
          write: (bytes: Uint8Array) => void (rest += String(Buffer.from(bytes))),
        }
        const agent = await bench.open({ handle, output })
        expect(agent.isAdopted).toBe(outlives)
        expect(await agent.hasReceived('key of go')).toBe(true)
        await writeFile(join(bench.workspace, 'go-on'), '')
        if (outlives) await until(() => rest.includes('finished'))
        expect(rest).not.toContain('begun')
        expect(await agent.stop(AT_ONCE, 'CANCELLED')).toBe(true)
        expect(bench.processes()).toEqual([])
      })

      it('lets innocent processes live that have a pid of an agent before', further, async () => {
        const bench = await follow(kind, [{ do: [] }])
        const innocent = startChild('sleep', ['600'], { stdio: 'ignore', detached: true })
        const gone = once(innocent, 'exit')
        onTestFinished(async () => {
          innocent.kill('SIGKILL')
          await gone
        })
        const agent = await bench.open()
        await agent.send(prompt('go'))
        await until(() => bench.handles.length > 0)
        const pid = innocent.pid as number
        const leader = { pid, startedAt: `${identify(pid).startedAt}0` }
        const old = {
          ...handleOf(bench),
          leader,
          server: { ...leader, socket: join(bench.folder, 'none') },
          executionId: 'exe_0',
        }
        await agent.stop(AT_ONCE, 'CANCELLED')
        const next = await bench.open({ handle: old })
        expect(next.isAdopted).toBe(false)
        expect(isLiving(identify(pid))).toBe(true)
      })

      it(
        'is for a person to look after where it was started on another machine, or nobody knows what it was',
        further,
        async () => {
          const bench = await follow(kind, [{ do: [] }])
          const agent = await bench.open()
          await agent.send(prompt('go'))
          await until(() => bench.handles.length > 0)
          const leader = { pid: 4_000_000, startedAt: '1' }
          const elsewhere = { ...handleOf(bench), leader, place: { host: 'elsewhere', boot: '', space: '' } }
          await expect(bench.open({ handle: elsewhere })).rejects.toMatchObject({
            errorClass: 'HUMAN_REQUIRED',
            code: 'AGENT_ELSEWHERE',
          })
          await expect(bench.open({ handle: { any: 'thing' } })).rejects.toMatchObject({
            code: 'HANDLE_UNREADABLE',
          })
        },
      )
    },
  )
