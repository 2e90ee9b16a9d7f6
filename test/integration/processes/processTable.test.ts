import { spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { describe, expect, it, onTestFinished } from 'vitest'
import {
  findByVariable,
  findCarriers,
  findProcess,
  isLiving,
  listProcesses,
  parsePs,
} from '../../../src/processes/processTable.ts'
import { startChild } from '../../support/startChild.ts'

/** A process of this test's that lives until its end. */
async function startSleeper(env: Record<string, string> = {}) {
  const child = startChild('sleep', ['600'], {
    detached: true,
    stdio: 'ignore',
    env: { ...process.env, ...env },
  })
  const ended = once(child, 'exit')
  onTestFinished(async () => {
    child.kill('SIGKILL')
    await ended
  })
  await once(child, 'spawn')
  return { pid: child.pid as number, child, ended }
}

describe('the table of processes', () => {
  it('tells a process, its parent, its group and its session', async () => {
    const { pid, child, ended } = await startSleeper()
    const found = findProcess(pid)
    expect(found).toMatchObject({ pid, parent: process.pid, group: pid, session: pid, isLiving: true })
    expect(listProcesses()).toContainEqual(found)
    const identity = { pid, startedAt: found?.startedAt ?? '' }
    expect(isLiving(identity)).toBe(true)
    expect(isLiving({ pid, startedAt: `${identity.startedAt}1` })).toBe(false)
    child.kill('SIGKILL')
    await ended
    expect(isLiving(identity)).toBe(false)
    expect(findProcess(pid)).toBe(undefined)
  })

  it('finds processes by a variable as a whole, never this one', async () => {
    const value = `test-${process.pid}`
    const { pid } = await startSleeper({ PAWL_EXECUTION_ID: value })
    await startSleeper({ PAWL_EXECUTION_ID: `${value}-2`, OTHER: `PAWL_EXECUTION_ID=${value}` })
    expect(findByVariable('PAWL_EXECUTION_ID', value).map((entry) => entry.pid)).toEqual([pid])
  })

  it('finds processes by any of several variables, also behind more than a system file usually holds', async () => {
    const value = `test-${process.pid}`
    const much = { MUCH: 'x'.repeat(100_000) }
    const first = await startSleeper({ ...much, PAWL_EXECUTION_ID: value })
    const second = await startSleeper({ ...much, PAWL_SESSION_ID: value })
    await startSleeper({ ...much, PAWL_SESSION_ID: `${value}-2` })
    const found = findCarriers([
      ['PAWL_EXECUTION_ID', value],
      ['PAWL_SESSION_ID', value],
    ])
    expect(found.map(({ pid }) => pid).toSorted()).toEqual([first.pid, second.pid].toSorted())
    expect(findCarriers([])).toEqual([])
  })

  it.skipIf(spawnSync('ps', ['-p', '1']).error)(
    'is read from ps as well, where there is no /proc',
    async () => {
      const { pid } = await startSleeper()
      const { stdout } = spawnSync('ps', ['-A', '-o', 'pid=,ppid=,pgid=,stat=,lstart='], { encoding: 'utf8' })
      const entry = parsePs(stdout).find((one) => one.pid === pid)
      expect(entry).toMatchObject({ parent: process.pid, group: pid, isLiving: true })
      expect(entry?.startedAt).toMatch(/\d\d:\d\d:\d\d \d{4}$/)
      expect(parsePs('  7  1  7 Z+  Fri Nov 20 10:00:00 2026\n\n')).toMatchObject([
        { pid: 7, isLiving: false },
      ])
    },
  )
})
