import { createHash } from 'node:crypto'
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { createPawl, unwrap } from '@pawl/sdk'
import type { Pawl } from '@pawl/sdk'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { startChild } from '../../support/startChild.ts'
import { startTestServer } from '../../support/server.ts'
import type { TestServer } from '../../support/server.ts'
import { until } from '../../conformance/adapters/workbench.ts'
import { hasTerminal, startAtTerminal } from './atTerminal.ts'
import { listEntries } from './listEntries.ts'
import { makeFolder, PAWL, pawlAt } from './pawl.ts'

let server: TestServer
let pawl: Pawl
let cli: ReturnType<typeof pawlAt>

beforeAll(async () => {
  server = await startTestServer({ config: { sweepSeconds: 0.5 } })
  pawl = createPawl({ url: server.url, token: server.adminToken })
  cli = pawlAt(server.url, server.adminToken)
})
afterAll(() => server.stop())

const EXEC = ['exec', '--title', 'Say something']

/** The run that a command has started, by what it printed. */
function runIn(printed: string): string {
  const [runId] = /run_\w+/.exec(printed) ?? []
  if (!runId) throw new Error(`no run in: ${printed}`)
  return runId
}

/** What is kept of a run, by stream; `all` is everything in its order. */
async function keptOf(runId: string) {
  const outputs = (await listEntries(pawl, runId)).flatMap((entry) =>
    entry.kind === 'OUTPUT' ? [entry] : [],
  )
  const textOf = (stream: string) =>
    outputs.flatMap((entry) => (entry.stream === stream ? [entry.text] : [])).join('')
  return { out: textOf('STDOUT'), err: textOf('STDERR'), all: outputs.map(({ text }) => text).join('') }
}

/** Waits until this is kept of a run. */
async function untilKept(runId: string, text: string): Promise<void> {
  const seen = new Set<string>()
  for (;;) {
    const { nodes: sessions } = await pawl.sessions.list(runId)
    for (const { id } of sessions) {
      if (seen.has(id)) continue
      seen.add(id)
      let said = ''
      for await (const entry of pawl.sessions.transcript(id)) {
        said += entry.kind === 'OUTPUT' ? entry.text : ''
        if (said.includes(text)) return
      }
    }
  }
}

describe('what a command under pawl exec prints', () => {
  it('passes unchanged, and is kept by stream and in order as the transcript of its session', async () => {
    const script = `printf 'one\\nzw\\303'; printf '\\266lf\\n'; echo two >&2; printf 'three\\033[1m!\\n'`
    const { stdout, stderr } = await cli.run([...EXEC, '--', 'sh', '-c', script])
    expect(stdout).toBe('one\nzwölf\nthree\u001b[1m!\n')
    expect(stderr).toContain('two\n')
    const runId = runIn(stderr)
    const { out, err } = await keptOf(runId)
    expect({ out, err }).toEqual({ out: 'one\nzwölf\nthree!\n', err: 'two\n' })
    const { nodes } = await pawl.sessions.list(runId)
    expect(nodes).toMatchObject([{ role: 'command', adapter: 'exec', status: 'DISPOSED' }])
    const logs = await cli.run(['logs', runId])
    expect(logs.stdout).toContain('three!')
  })

  it('is kept without the secrets of its environment, which reach the reader', async () => {
    const script = 'echo "$PAWL_TOKEN"; echo "$MY_API_KEY" >&2'
    const env = { ...cli.env, MY_API_KEY: 'a-secret-of-mine' }
    const { stdout, stderr } = await cli.run([...EXEC, '--pass-env', 'MY_*', '--', 'sh', '-c', script], {
      env,
    })
    expect(stdout).toMatch(/^pawl_/)
    expect(stderr).toContain('a-secret-of-mine')
    const { out, err } = await keptOf(runIn(stderr))
    expect({ out, err }).toEqual({ out: '[PAWL_TOKEN hidden]\n', err: '[MY_API_KEY hidden]\n' })
  })

  it('stays in the order of its lines where both streams go to one file', async () => {
    const lines = 'i=0; while [ $i -lt 200 ]; do echo out $i; echo err $i >&2; i=$((i+1)); done'
    const { stdout } = await cli.shell(`pawl exec --title Order -- sh -c '${lines}' >log 2>&1; cat log`)
    const expected = Array.from({ length: 200 }, (_, i) => `out ${i}\nerr ${i}\n`).join('')
    expect(stdout).toContain(expected)
    expect((await keptOf(runIn(stdout))).out).toBe(expected)
  })

  it('reaches its reader whole, however much it is, and is bounded in what is kept', async () => {
    const script = `yes 0123456789abcde | head -c 8000000; echo the end`
    const { stdout, stderr } = await cli.run([...EXEC, '--', 'sh', '-c', script])
    const expected = '0123456789abcde\n'.repeat(500_000) + 'the end\n'
    const digest = (text: string) => createHash('sha256').update(text).digest('hex')
    expect(digest(stdout)).toBe(digest(expected))
    const { all } = await keptOf(runIn(stderr))
    expect(all).toMatch(/bytes of output are left out here/)
    expect(all.endsWith('the end\n')).toBe(true)
    expect(all.length).toBeLessThan(4_000_000)
  })

  it('waits for a reader that is slow', async () => {
    const folder = makeFolder()
    const { PATH, HOME } = process.env
    const script = `echo first; yes | head -c 8000000; touch '${folder}/printed'`
    const child = startChild(process.execPath, [PAWL, ...EXEC, '--', 'sh', '-c', script], {
      cwd: folder,
      env: { PATH, HOME, ...cli.env },
      stdio: ['ignore', 'pipe', 'pipe'],
    })
    let noted = ''
    const started = new Promise<void>((resolve) => {
      child.stderr.on('data', (chunk) => {
        noted += String(chunk)
        if (/run_\w+ \(started/.test(noted)) resolve()
      })
    })
    await started
    await untilKept(runIn(noted), 'first')
    expect(existsSync(join(folder, 'printed'))).toBe(false)
    let length = 0
    for await (const chunk of child.stdout) length += (chunk as Buffer).length
    expect(length).toBe(8_000_006)
    expect(existsSync(join(folder, 'printed'))).toBe(true)
  })

  it('ends with its reader, as if there were no pawl exec between', async () => {
    const { stdout, stderr } = await cli.shell(
      `{ pawl exec --title Endless -- yes; echo "code=$?" >&2; } | head -n 1`,
    )
    expect(stdout).toBe('y\n')
    expect(stderr).toMatch(/ended by SIGPIPE/)
    expect(stderr).toMatch(/code=141/)
  })

  it('is kept to its end where the agent has settled its run before', async () => {
    const script = `"${process.execPath}" "${PAWL}" run complete; echo a last word`
    const { stdout, stderr } = await cli.run([...EXEC, '--', 'sh', '-c', script])
    expect(stdout).toContain('a last word')
    const runId = runIn(stderr)
    expect((await pawl.runs.get(runId))?.status).toBe('COMPLETED')
    expect((await keptOf(runId)).out).toContain('a last word')
  })

  it('is kept until pawl exec is killed; then its command ends when it prints again', async () => {
    const folder = makeFolder()
    const script = `trap "echo \\$? >'${folder}/ended'" EXIT; echo "pid=$$"; until [ -f '${folder}/go' ]; do sleep 0.1; done; echo more; echo and more`
    const running = cli.start([...EXEC, '--lease', '5s', '--', 'bash', '-c', script])
    const [, pid] = await running.until(/pid=(\d+)/)
    const runId = runIn(running.printed())
    await untilKept(runId, `pid=${pid}`)
    running.kill('SIGKILL')
    await running.ended
    await cli.shell(`touch '${folder}/go'`)
    await until(() => !existsSync(`/proc/${pid}`))
    expect((await keptOf(runId)).out).toBe(`pid=${pid}\n`)
  })

  it('reaches its reader, and the exit code is its own, while the server is away', async () => {
    const away = await startTestServer()
    const there = pawlAt(away.url, away.adminToken)
    const folder = makeFolder()
    const script = `echo ready; until [ -f '${folder}/go' ]; do sleep 0.1; done; echo after; exit 7`
    const running = there.start([...EXEC, '--lease', '60s', '--', 'sh', '-c', script])
    await running.until(/ready/)
    await away.stop()
    await cli.shell(`touch '${folder}/go'`)
    const { code, stdout, stderr } = await running.ended
    expect(code).toBe(7)
    expect(stdout).toBe('ready\nafter\n')
    expect(stderr).toContain('the transcript lacks the end of what the command printed')
  })

  it('is not kept with --no-transcript', async () => {
    const script = 'echo mine; readlink /proc/self/fd/1'
    const { stdout, stderr } = await cli.shell(
      `pawl exec --title Private --no-transcript -- sh -c '${script}' >log; cat log; pwd`,
    )
    const [, target, cwd] = stdout.split('\n')
    expect(target).toBe(`${cwd}/log`)
    expect((await pawl.sessions.list(runIn(stderr))).nodes).toEqual([])
  })

  it('is not kept where its session is refused, which neither stops nor delays it', async () => {
    const claim = { owner: 'before', leaseSeconds: 60 }
    const { run } = unwrap(await pawl.runs.start({ workflow: 'task', claim }))
    const { session } = unwrap(
      await pawl.sessions.open(run.id, { role: 'command', adapter: 'other', fence: 1 }),
    )
    for (const status of ['CRASHED', 'FAILED_NEEDS_HUMAN'] as const)
      unwrap(await pawl.sessions.update(session.id, status, { fence: 1 }))
    unwrap(await pawl.runs.release(run.id, { fence: 1 }))
    const { stdout, stderr } = await cli.run(['exec', '--run', run.id, '--', 'echo', 'all the same'])
    expect(stdout).toBe('all the same\n')
    expect(stderr).toContain('what the command prints is not kept')
    expect(await listEntries(pawl, run.id)).toEqual([])
  })

  it.runIf(hasTerminal)('goes to a terminal untouched', async () => {
    const script = '[ -t 0 ] && [ -t 1 ] && [ -t 2 ] && echo three terminals'
    const shown = startAtTerminal([...EXEC, '--', 'sh', '-c', script], cli.env, makeFolder())
    await shown.until(/three terminals/)
    expect((await shown.ended).code).toBe(0)
  })
})
