import { execFileSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { readdir, readFile, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { createPawl, unwrap } from '@pawl/sdk'
import { describe, expect, it } from 'vitest'
import { hasTerminal, startAtTerminal } from './atTerminal.ts'
import { makeFolder, runPawl, startPawl } from './pawl.ts'

/** A folder for the PATH with a program that behaves like Codex: it says something, and writes the report. */
async function installCodex(): Promise<string> {
  const bin = makeFolder()
  const lines = [
    '#!/bin/sh',
    'cat > /dev/null',
    `echo '{"type":"thread.started","thread_id":"of-this-test"}'`,
    'echo changed > change.txt; echo "# Done" > report.md',
    '',
  ]
  await writeFile(join(bin, 'codex'), lines.join('\n'), { mode: 0o755 })
  return bin
}

function commitAll(folder: string): void {
  const git = (...words: string[]) =>
    execFileSync('git', ['-c', 'user.name=t', '-c', 'user.email=t@example.com', ...words], { cwd: folder })
  git('init', '--quiet')
  git('add', '.')
  git('commit', '--quiet', '--allow-empty', '-m', 'first')
}

describe('pawl init', () => {
  it('sets up a repository, so that a run started next reaches a person; and can be undone', async () => {
    const folder = makeFolder()
    await writeFile(join(folder, 'README.md'), 'mine\n')
    commitAll(folder)
    const env = { PATH: `${await installCodex()}:${process.env['PATH']}`, XDG_CONFIG_HOME: makeFolder() }
    const running = startPawl(['init', '--yes', '--port', '0', '--agent', 'codex'], { cwd: folder, env })
    const [, url = ''] = await running.until(/listens on (\S+)[^]*sign-in\?code=/)
    expect(running.printed()).toContain('wrote pawl.worker.yaml')
    const started = await runPawl(['run', 'start', 'change', '--title', 'Change it', '--json'], {
      cwd: folder,
      env,
    })
    const { run } = JSON.parse(started.stdout) as { run: { id: string } }
    const token = (await readFile(join(folder, '.pawl/token'), 'utf8')).trim()
    const pawl = createPawl({ url, token })
    for await (const { type } of pawl.runs.events(run.id)) if (type === 'APPROVAL_REQUESTED') break
    const [approval] = (await pawl.approvals.list({ runId: run.id })).nodes
    if (!approval) throw new Error('no approval')
    const { id, digest } = approval
    unwrap(await pawl.approvals.decide(id, { decision: 'APPROVE', digest }))
    for await (const { status } of pawl.runs.watch(run.id, { untilSettled: true }))
      if (status === 'FAILED') throw new Error(running.printed())
    expect((await pawl.runs.get(run.id))?.status).toBe('COMPLETED')
    // the work is in a worktree, and git sees nothing but what was written
    expect(existsSync(join(folder, 'change.txt'))).toBe(false)
    running.kill('SIGINT')
    expect((await running.ended).code).toBe(0)

    await writeFile(join(folder, 'pawl.worker.yaml'), '# mine\n', { flag: 'a' })
    const undone = await runPawl(['init', '--undo'], { cwd: folder, env })
    expect(undone.stdout).toBe(
      'pawl.worker.yaml was changed, and is left as it is\nremoved pawl.workflow.yaml\n',
    )
    expect((await readdir(folder)).toSorted()).toEqual(['.git', '.pawl', 'README.md', 'pawl.worker.yaml'])
  }, 90_000)

  it('asks a person at a terminal which agent works, and whether to start', async (context) => {
    if (!hasTerminal) return context.skip('no terminal can be had here')
    const folder = makeFolder()
    commitAll(folder)
    const bin = await installCodex()
    await writeFile(join(bin, 'claude'), '#!/bin/sh\n', { mode: 0o755 })
    // node and git, and no other agent of this machine
    const env = { PATH: `${bin}:${dirname(process.execPath)}:/usr/bin:/bin` }
    const asked = startAtTerminal(['init', '--port', '0'], env, folder)
    await asked.until(/Which agent works on runs\? \(claude, codex, or a command\) \[claude\] $/)
    asked.type('codex')
    await asked.until(/Start the server and a worker now\? \[Y\/n\] $/)
    asked.type('n')
    const { code, printed } = await asked.ended
    expect(code).toBe(0)
    expect(printed).toMatch(/everything is there; start with: .* init\n/)
    expect(await readFile(join(folder, 'pawl.worker.yaml'), 'utf8')).toContain('default: { preset: codex }')
    expect(existsSync(join(folder, '.pawl/address'))).toBe(false)

    // nothing is asked again that the files say already, and Ctrl-C at a question starts nothing
    const again = startAtTerminal(['init', '--port', '0'], env, folder)
    await again.until(/left as it is[^]*Start the server and a worker now\? \[Y\/n\] $/)
    again.interrupt()
    expect((await again.ended).code).toBe(130)
    expect(existsSync(join(folder, '.pawl/address'))).toBe(false)
  }, 60_000)

  it('tells what a run would fail of, starts nothing then, and overwrites no file', async () => {
    const folder = makeFolder()
    commitAll(folder)
    const own = `workspace: { repository: . }
agents:
  planner: { adapter: process, command: [no-such-program], prompt: stdin }
  builder: { adapter: process, command: [node, ./tools/agent.js], prompt: stdin }
`
    await writeFile(join(folder, 'pawl.worker.yaml'), own)
    execFileSync('mkdir', [join(folder, 'tools')])
    await writeFile(join(folder, 'tools/agent.js'), '')
    const { code, stdout, stderr } = await runPawl(['init', '--yes'], { cwd: folder })
    expect({ code, stdout }).toEqual({ code: 1, stdout: '' })
    expect(stderr).toContain('pawl.worker.yaml was there, and is left as it is')
    expect(stderr).toContain("the agent of planner can't be started: no-such-program: command not found")
    expect(stderr).toContain('needs ./tools/agent.js, which is not committed')
    expect(stderr).toContain('no agent plays the role agent of pawl.workflow.yaml')
    expect(await readFile(join(folder, 'pawl.worker.yaml'), 'utf8')).toBe(own)
  })

  it('works in a folder that is no repository, with a command of one’s own, and asks at a terminal only', async () => {
    const folder = makeFolder()
    await writeFile(join(folder, 'my-agent'), '#!/bin/sh\n', { mode: 0o755 })
    expect(await runPawl(['init'], { cwd: folder })).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('pawl init --yes'),
    })
    const words = ['init', '--yes', '--no-start', '--command', './my-agent --fast']
    expect((await runPawl(words, { cwd: folder })).code).toBe(0)
    const settings = await readFile(join(folder, 'pawl.worker.yaml'), 'utf8')
    expect(settings).toContain('directory: .')
    expect(settings).toContain('command: ["./my-agent","--fast"]')
  })
})
