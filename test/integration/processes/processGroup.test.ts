import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { setTimeout as sleep } from 'node:timers/promises'
import { describe, expect, it, onTestFinished } from 'vitest'
import { launch } from '../../../src/processes/launch.ts'
import { ProcessGroup } from '../../../src/processes/processGroup.ts'
import { startChild } from '../../support/startChild.ts'

const NEVER = () => false

/** Starts a script in a group of its own; resolves when it has printed a line, with that line. */
async function startGroup(script: string) {
  const child = startChild('sh', ['-c', script], { detached: true, stdio: ['ignore', 'pipe', 'inherit'] })
  const group = new ProcessGroup(child.pid as number)
  const ended = once(child, 'exit').then(([code, signal]) => ({ code, signal }))
  onTestFinished(async () => {
    group.signal('SIGKILL')
    await ended
  })
  const [line] = (await once(createInterface({ input: child.stdout }), 'line')) as [string]
  return { group, ended, line }
}

/** Resolves when a process has been stopped by SIGSTOP. */
async function untilStopped(pid: number): Promise<void> {
  while (!/\) T/.test(await readFile(`/proc/${pid}/stat`, 'latin1'))) await sleep(10)
}

describe('a process group', () => {
  it('is stopped by SIGTERM where that is enough', async () => {
    const { group, ended } = await startGroup(`trap 'exit 7' TERM; echo up; while :; do sleep 0.05; done`)
    expect(group.isAlive()).toBe(true)
    expect(await group.stop({ killAfterMs: 20_000, mustKill: NEVER })).toBe(true)
    expect(await ended).toMatchObject({ code: 7 })
    expect(group.isAlive()).toBe(false)
  })

  it('is killed after the time it was given', async () => {
    const { group, ended } = await startGroup(`trap '' TERM; echo up; while :; do sleep 0.05; done`)
    const startedAt = performance.now()
    expect(await group.stop({ killAfterMs: 300, mustKill: NEVER })).toBe(true)
    expect(performance.now() - startedAt).toBeGreaterThanOrEqual(300)
    expect(await ended).toMatchObject({ signal: 'SIGKILL' })
  })

  it('is killed sooner where there is no more time, or where it is asked to stop sooner', async () => {
    const stubborn = `trap '' TERM; echo up; while :; do sleep 0.05; done`
    const { group } = await startGroup(stubborn)
    let isOver = false
    const stopped = group.stop({ killAfterMs: 3_600_000, mustKill: () => isOver })
    isOver = true
    expect(await stopped).toBe(true)
    const other = await startGroup(stubborn)
    const waiting = other.group.stop({ killAfterMs: 3_600_000, mustKill: NEVER })
    void other.group.stop({ killAfterMs: 0, mustKill: NEVER })
    expect(await waiting).toBe(true)
  })

  it('is alive as long as any of it is, the first of it gone or not', async () => {
    const { group, ended } = await startGroup('sleep 600 & echo up; exit 0')
    await ended
    expect(group.isAlive()).toBe(true)
    expect(await group.stop({ killAfterMs: 5_000, mustKill: NEVER })).toBe(true)
  })

  it('is gone where only the dead are left of it', async () => {
    // Outside the group a process that never waits for its child, which stays in the table when it has ended.
    const careless = `
      const { spawn } = require('node:child_process')
      const child = spawn('sh', ['-c', 'echo $$; exec sleep 600'], { detached: true, stdio: ['ignore', 1, 2] })
      setTimeout(() => process.kill(process.pid, 'SIGSTOP'), 200)`
    const parent = startChild(process.execPath, ['-e', careless], { stdio: ['ignore', 'pipe', 'inherit'] })
    const gone = once(parent, 'exit')
    onTestFinished(async () => {
      parent.kill('SIGKILL')
      await gone
    })
    const [pid] = (await once(createInterface({ input: parent.stdout }), 'line')) as [string]
    await untilStopped(parent.pid as number)
    const group = new ProcessGroup(Number(pid))
    expect(await group.stop({ killAfterMs: 5_000, mustKill: NEVER })).toBe(true)
    expect(process.kill(-Number(pid), 0)).toBe(true)
    expect(group.isAlive()).toBe(false)
  })
})

describe('a launched command', () => {
  it('does nothing until it may begin, and has the id that it was let begin with', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'pawl-launch-'))
    onTestFinished(() => rm(folder, { recursive: true }))
    const file = join(folder, 'begun')
    const child = await launch(['sh', '-c', 'echo "$PAWL_EXECUTION_ID $$" > "$1"', 'sh', file], {
      env: process.env,
    })
    expect(existsSync(file)).toBe(false)
    child.begin('exe_1')
    expect(await child.ended).toEqual({ exitCode: 0, signal: null })
    expect(await readFile(file, 'utf8')).toBe(`exe_1 ${child.pid}\n`)
  })

  it('never begins where it is abandoned', async () => {
    const child = await launch(['sh', '-c', 'exit 0'], { env: process.env })
    child.abandon()
    expect(await child.ended).toEqual({ exitCode: 125, signal: null })
    expect(child.group.isAlive()).toBe(false)
  })

  it('takes its arguments as they are', async () => {
    const script = 'test "$#" = 3 && test "$1" = "a b" && test "$2" = "\'" && test "$3" = \'$HOME\''
    const child = await launch(['sh', '-c', script, 'sh', 'a b', "'", '$HOME'], { env: process.env })
    child.begin('exe_1')
    expect(await child.ended).toEqual({ exitCode: 0, signal: null })
  })

  it('can be ended while it waits', async () => {
    const child = await launch(['sh', '-c', 'exit 0'], { env: process.env })
    expect(await child.group.stop({ killAfterMs: 5_000, mustKill: NEVER })).toBe(true)
    expect(await child.ended).toEqual({ exitCode: null, signal: 'SIGTERM' })
    child.begin('exe_1')
  })
})
