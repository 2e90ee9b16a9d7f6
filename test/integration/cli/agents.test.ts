import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { acpCommand } from '../../support/acpCommand.ts'
import { makeFolder, runPawl } from './pawl.ts'

/** A folder with a worker's settings, in which each role is an agent of this script. */
function settings(roles: Readonly<Record<string, object>>): string {
  const folder = makeFolder()
  const agents = Object.entries(roles).map(([role, script]) => {
    const file = join(folder, `${role}.json`)
    writeFileSync(file, JSON.stringify(script))
    return [role, { adapter: 'acp', command: acpCommand(file, join(folder, `${role}.state`)) }]
  })
  writeFileSync(join(folder, 'pawl.worker.json'), JSON.stringify({ agents: Object.fromEntries(agents) }))
  return folder
}

interface Check {
  readonly name: string
  readonly abilities: readonly { readonly name: string; readonly works: boolean | null }[]
  readonly problems: readonly string[]
}

const read = (stdout: string) => JSON.parse(stdout) as Check[]
const worksOf = ({ abilities }: Check) => abilities.map(({ works }) => works)

describe('pawl agents check', () => {
  test('runs the agent of each role once and says what works of it', async () => {
    const cwd = settings({ writer: { rules: [{ do: [{ write: 'check.txt', text: 'pawl\n' }] }] } })
    const { code, stdout } = await runPawl(['agents', 'check', '--json'], { cwd })
    expect(code).toBe(0)
    expect(read(stdout)).toMatchObject([{ name: 'writer', problems: [] }])
    expect(read(stdout).map(worksOf)).toEqual([[true, true, true, true, true]])
  })

  test('says what is wrong with an agent, and exits with 1', async () => {
    const refuses = { 'session/new': { code: -32_000, message: 'Authentication required' } }
    const error = { code: -32_603, message: '429 slow down' }
    const cwd = settings({
      stranger: { rules: [], behaves: { refuses } },
      idler: { rules: [{ do: [{ say: 'no' }] }] },
      limited: { rules: [{ do: [{ error }] }] },
    })
    const { code, stdout } = await runPawl(['agents', 'check', '--json'], { cwd })
    expect(code).toBe(1)
    const [stranger, idler, limited] = read(stdout)
    expect(stranger).toMatchObject({
      problems: [
        'see to the credential of node',
        expect.stringMatching(/Authentication required .*[Ll]og in/),
      ],
    })
    expect(idler).toMatchObject({ problems: [expect.stringContaining('without the file')] })
    expect(limited).toMatchObject({ problems: [expect.stringContaining('429 slow down')] })
    expect(stranger && worksOf(stranger)).toEqual([true, false, null, null, true])
    expect(idler && worksOf(idler)).toEqual([true, true, true, false, true])
  })

  test('names what it knows where it is asked for another', async () => {
    const { code, stderr } = await runPawl(['agents', 'check', 'nobody'])
    expect(code).toBe(2)
    expect(stderr).toMatch(/no agent nobody \(known: .*claude/)
  })
})

describe('pawl agents list', () => {
  test('tells the version that is installed, and the one that was tried', async () => {
    const cwd = makeFolder()
    const folder = join(cwd, 'node_modules/@google/gemini-cli')
    mkdirSync(folder, { recursive: true })
    writeFileSync(join(folder, 'package.json'), '{"name":"@google/gemini-cli","version":"0.62.0"}')
    writeFileSync(join(folder, 'gemini'), '#!/bin/sh\nexit 1\n', { mode: 0o755 })
    const { code, stdout } = await runPawl(['agents', 'list', '--json'], {
      cwd,
      env: { PATH: `${folder}:/usr/bin:/bin` },
    })
    expect(code).toBe(0)
    const listed = JSON.parse(stdout) as { name: string; installed: object | null }[]
    expect(listed.find(({ name }) => name === 'gemini')?.installed).toEqual({
      program: 'gemini',
      version: '0.62.0',
      tried: '0.61.0',
      isNewer: true,
    })
    expect(listed.find(({ name }) => name === 'aider')?.installed).toBe(null)
  })
})
