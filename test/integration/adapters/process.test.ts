import { readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { processAdapter } from '../../../src/adapters/process/processAdapter.ts'
import { AT_ONCE, never, NO_HURRY, setUp, until } from '../../conformance/adapters/workbench.ts'
import type { PartOfDefinition } from '../../conformance/adapters/workbench.ts'

const shell = (script: string, rest: Partial<PartOfDefinition> = {}): PartOfDefinition => ({
  adapter: 'process',
  command: ['sh', '-c', script, 'agent'],
  prompt: 'stdin',
  ...rest,
})

const open = (script: string, rest?: Partial<PartOfDefinition>) => setUp(processAdapter, shell(script, rest))

const prompt = (text: string, key = text) => ({ key, text })

describe('a process agent', () => {
  it('is recorded and findable before it does anything', async () => {
    const bench = await open('touch begun')
    const agent = await bench.open({
      recordStart: async ({ handle = null }) => {
        bench.handles.push(handle)
        await expect(readFile(join(bench.workspace, 'begun'))).rejects.toThrow(/ENOENT/)
        return 'exe_1'
      },
    })
    await agent.send(prompt('x'))
    expect(bench.handles[0]).toMatchObject({
      adapter: 'process',
      leader: { pid: expect.any(Number) },
    })
    await agent.turnOver(never())
    expect(await readFile(join(bench.workspace, 'begun'), 'utf8')).toBe('')
    expect(bench.handles.at(-1)).toMatchObject({ leader: null, keys: ['x'] })
  })

  it.each([
    ['on standard input', 'stdin', 'cat', []],
    ['as an argument', 'argument', 'printf %s "$1"', ['{prompt}']],
    ['as a file', 'file', 'cat "$1"', ['{promptFile}']],
  ] as const)('is given its prompt %s, whatever stands in it', async (_, how, script, words) => {
    const bench = await open('', { command: ['sh', '-c', script, 'agent', ...words], prompt: how })
    const agent = await bench.open()
    const text = `-e "quoted" 'so' $HOME {workspace} \\ é𝄞\nline 2\n${'long '.repeat(10_000)}`
    await agent.send(prompt(text, 'key'))
    expect(await agent.turnOver(never())).toMatchObject({ exit: { exitCode: 0, signal: null } })
    expect(bench.printed()).toBe(text)
  })

  it('has the pipes of the next process made ahead, makes others where these are gone, and leaves none', async () => {
    const bench = await open('cat')
    const agent = await bench.open()
    const listPipes = async () => (await readdir(bench.stateDir)).filter((name) => name.startsWith('pipe-'))
    for (const text of ['one ', 'two ']) {
      await agent.send(prompt(text))
      await agent.turnOver(never())
      await until(async () => (await listPipes()).length === 1)
    }
    for (const name of await listPipes()) await rm(join(bench.stateDir, name))
    await expect(agent.send(prompt('three '))).rejects.toMatchObject({ errorClass: 'RECOVERABLE' })
    await agent.send(prompt('four'))
    await agent.turnOver(never())
    expect(bench.printed()).toBe('one two four')
    await agent.close()
    expect(await listPipes()).toEqual([])
  })

  it('has its execution in its environment, and the definition its variables', async () => {
    const bench = await open('echo "$PAWL_EXECUTION_ID $PAWL_RUN_ID $MODE $PWD"', { env: { MODE: 'fast' } })
    const agent = await bench.open()
    await agent.send(prompt('x'))
    await agent.turnOver(never())
    const [start] = bench.log
    expect(bench.printed()).toBe(`${start?.slice(6)} run_1 fast ${bench.workspace}\n`)
  })

  it('keeps what it says and what it complains of in order, also by the names of its streams', async () => {
    const bench = await open(
      'for i in 1 2 3; do echo "out $i"; echo "err $i" >/dev/stderr; done; echo end >/dev/stdout',
    )
    const agent = await bench.open()
    await agent.send(prompt('x'))
    await agent.turnOver(never())
    expect(bench.printed()).toBe('out 1\nerr 1\nout 2\nerr 2\nout 3\nerr 3\nend\n')
  })

  it('is resumed by its own session id, and started again after a restart', async () => {
    const bench = await open('echo "session: abc-1"', {
      resume: ['sh', '-c', 'echo "again $1"', 'agent', '{session}'],
      session: { pattern: 'session: (\\S+)' },
    })
    const agent = await bench.open()
    await agent.send(prompt('1'))
    await agent.turnOver(never())
    await agent.send(prompt('2'))
    await agent.turnOver(never())
    expect(bench.printed()).toBe('session: abc-1\nagain abc-1\n')
    const next = await bench.open()
    await next.send(prompt('3'))
    await next.turnOver(never())
    await next.restart(NO_HURRY)
    await next.send(prompt('4'))
    await next.turnOver(never())
    expect(bench.printed()).toBe('session: abc-1\nagain abc-1\nagain abc-1\nsession: abc-1\n')
  })

  it('is told the id of its session where it lets others choose it, and is resumed by it only once it has begun', async () => {
    const bench = await open('', {
      command: ['sh', '-c', 'echo "new $1"', 'agent', '{session}'],
      resume: ['sh', '-c', 'echo "again $1"', 'agent', '{session}'],
    })
    const failing = await bench.open({ recordStart: () => Promise.reject(new Error('away')) })
    await expect(failing.send(prompt('1'))).rejects.toThrow('away')
    const agent = await bench.open()
    for (const text of ['1', '2']) {
      await agent.send(prompt(text))
      await agent.turnOver(never())
    }
    expect(bench.printed()).toMatch(/^new ([0-9a-f-]{36})\nagain \1\n$/)
    expect(bench.handles.at(-1)).toMatchObject({ session: bench.printed().slice(4, 40) })
    await failing.send(prompt('3')).catch(() => undefined)
    expect(bench.printed().split('\n')).toHaveLength(3)
  })

  it('is not left behind by what it started in its group, out of its group, or out of its session', async () => {
    const bench = await open(
      `trap '' TERM; for how in '' setsid; do $how sh -c 'trap "" TERM; while :; do sleep 0.1; done' & done
       echo up; while :; do sleep 0.1; done`,
    )
    const agent = await bench.open()
    await agent.send(prompt('x'))
    await bench.untilPrinted('up')
    await until(() => bench.processes().length >= 3)
    expect(await agent.stop({ killAfterMs: 200, mustKill: () => false }, 'CANCELLED')).toBe(true)
    expect(bench.processes()).toEqual([])
    const [end] = bench.ends.values()
    expect(end).toEqual({ exitCode: null, signal: 'SIGKILL', end: 'CANCELLED' })
  })

  it('leaves nothing running when it ends by itself', async () => {
    const bench = await open('(sleep 600 &); setsid sleep 600 & exit 3')
    const agent = await bench.open()
    await agent.send(prompt('x'))
    expect(await agent.turnOver(never())).toMatchObject({ exit: { exitCode: 3, signal: null } })
    expect(bench.processes()).toEqual([])
    expect([...bench.ends.values()]).toEqual([{ exitCode: 3, signal: null, end: 'EXITED' }])
    expect(await agent.probe()).toBe('GONE')
  })

  it('refuses a second prompt while it works', async () => {
    const bench = await open('sleep 600')
    const agent = await bench.open()
    await agent.send(prompt('x'))
    await expect(agent.send(prompt('y'))).rejects.toMatchObject({
      code: 'AGENT_BUSY',
      errorClass: 'RECOVERABLE',
    })
    expect(await agent.steer('y')).toBe(false)
    expect(await agent.stop(AT_ONCE, 'IDLE')).toBe(true)
    expect([...bench.ends.values()]).toMatchObject([{ end: 'IDLE' }])
  })

  it('is not begun where it was stopped on the way, or could not be recorded', async () => {
    const bench = await open('touch begun')
    const agent: Awaited<ReturnType<typeof bench.open>> = await bench.open({
      recordStart: async () => {
        void agent.stop(NO_HURRY, 'CANCELLED')
        return 'exe_1'
      },
    })
    await expect(agent.send(prompt('x'))).rejects.toMatchObject({ code: 'AGENT_STOPPED' })
    const other = await bench.open({ recordStart: () => Promise.reject(new Error('lease lost')) })
    await expect(other.send(prompt('x'))).rejects.toThrow('lease lost')
    expect(await other.hasReceived('x')).toBe(false)
    await expect(readFile(join(bench.workspace, 'begun'))).rejects.toThrow(/ENOENT/)
    expect(bench.processes()).toEqual([])
  })

  it('says what is missing', async () => {
    const missing = await open('', { command: ['no-such-agent'] })
    await expect((await missing.open()).send(prompt('x'))).rejects.toMatchObject({
      errorClass: 'HUMAN_REQUIRED',
      code: 'AGENT_NOT_FOUND',
      message: 'no-such-agent: command not found',
    })
    const long = await open('', { command: ['echo', '{prompt}'], prompt: 'argument' })
    await expect((await long.open()).send(prompt('x'.repeat(200_000)))).rejects.toMatchObject({
      code: 'PROMPT_UNSENDABLE',
    })
    const homeless = await open('true')
    await expect((await homeless.open({ workspace: '/nowhere' })).send(prompt('x'))).rejects.toMatchObject({
      code: 'WORKSPACE_MISSING',
    })
  })

  it('finds a program of the workspace by its path there', async () => {
    const bench = await open('', { command: ['./agent.sh'] })
    await writeFile(join(bench.workspace, 'agent.sh'), '#!/bin/sh\necho mine\n', { mode: 0o755 })
    const agent = await bench.open()
    await agent.send(prompt('x'))
    await agent.turnOver(never())
    expect(bench.printed()).toBe('mine\n')
  })
})
