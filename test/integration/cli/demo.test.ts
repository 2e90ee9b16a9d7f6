import { readdirSync, readFileSync, readlinkSync } from 'node:fs'
import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it, onTestFinished } from 'vitest'
import { runPawl, startPawl } from './pawl.ts'

describe('pawl demo', () => {
  it('tells the whole story to its end, and leaves nothing behind', async () => {
    const temporary = await mkdtemp(join(tmpdir(), 'pawl-demo-test-'))
    onTestFinished(() => rm(temporary, { recursive: true }))
    const { code, stdout, stderr } = await startPawl(['demo', '--exit'], { env: { TMPDIR: temporary } }).ended
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
    expect((await readdir(temporary)).filter((name) => name.startsWith('pawl'))).toEqual([])
    for (const line of STORY) expect(stdout).toMatch(line)
  }, 180_000)

  it(
    'has a named agent work, stays up after that until Ctrl-C, and can be looked at from another terminal',
    { tags: 'thorough', timeout: 300_000 },
    async () => {
      const data = await mkdtemp(join(tmpdir(), 'pawl-demo-test-'))
      onTestFinished(() => rm(data, { recursive: true }))
      const env = { PATH: `${await installCodex()}:${process.env['PATH']}` }
      const words = ['demo', '--short', '--agent', 'codex', '--data', data, '--port', '0']
      const running = startPawl(words, { env })
      await running.until(/sign-in\?code=/)
      for (const line of CODEX_AT_WORK) expect(running.printed()).toMatch(line)
      const { stdout } = await runPawl(['run', 'list'], { env: { PAWL_DATA: data } })
      expect(stdout.match(/COMPLETED/g)).toHaveLength(2)
      running.kill('SIGINT')
      expect(await running.ended).toMatchObject({ code: 0, stderr: '' })
    },
  )

  it('leaves no worker and no agent behind where it is killed in the middle of their work, and its database to the next start', async () => {
    const data = await mkdtemp(join(tmpdir(), 'pawl-demo-test-'))
    onTestFinished(() => rm(data, { recursive: true }))
    const env = { PATH: `${await installCodex()}:${process.env['PATH']}`, DEMO_OF_TEST: data }
    const running = startPawl(['demo', '--short', '--agent', 'codex', '--data', data, '--port', '0'], { env })
    await running.until(/kill -9 \d+/)
    await running.until(/worker-b │ .*verify continues/)
    expect(findOf(data).filter((command) => / worker --config /.test(command))).toHaveLength(1)
    running.kill('SIGKILL')
    await running.ended
    const isOfDatabase = (command: string) => /^\S*postgres/.test(command)
    await expect
      .poll(() => findOf(data).filter((command) => !isOfDatabase(command)), { timeout: 60_000 })
      .toEqual([])
    const server = startPawl(['serve', '--data', data, '--port', '0'])
    await server.until(/database.adopt_completed/)
    server.kill('SIGTERM')
    await server.ended
    expect(findOf(data)).toEqual([])
  }, 180_000)

  it('says which agents are installed where the one that is named is not', async () => {
    const env = { PATH: await installCodex() }
    const [missing, unknown] = await Promise.all(
      ['pi', 'nobody'].map((name) => runPawl(['demo', '--agent', name], { env })),
    )
    expect(missing).toMatchObject({ code: 2, stdout: '' })
    expect(missing?.stderr).toContain('pi is not installed: there is no pi on the PATH (installed: codex)')
    expect(unknown?.code).toBe(2)
    expect(unknown?.stderr).toMatch(/there is no agent nobody \(known: claude, codex, .*qwen-acp\)/)
  })

  it(
    'ends in the middle of the story where it is told to, with everything it started',
    { tags: 'thorough' },
    async () => {
      const data = await mkdtemp(join(tmpdir(), 'pawl-demo-test-'))
      onTestFinished(() => rm(data, { recursive: true }))
      const running = startPawl(['demo', '--data', data, '--port', '0', '--pace', '60000'])
      await running.until(/PHASE_STARTED/)
      running.kill('SIGTERM')
      expect((await running.ended).code).toBe(0)
    },
  )
})

/** Processes that have something to do with a folder: by their command, their environment, or the directory in which they work. */
function findOf(folder: string): string[] {
  return readdirSync('/proc').flatMap((pid) => {
    try {
      const command = readFileSync(`/proc/${pid}/cmdline`, 'utf8').replaceAll('\0', ' ')
      const environment = readFileSync(`/proc/${pid}/environ`, 'utf8')
      const directory = readlinkSync(`/proc/${pid}/cwd`)
      return [command, environment, directory].some((text) => text.includes(folder)) ? [command] : []
    } catch {
      return []
    }
  })
}

/**
 * Installs a program that behaves like Codex, and works like the example's agent; the first to verify never comes to an end. Returns the
 * folder to be put on the PATH.
 */
async function installCodex(): Promise<string> {
  const bin = await mkdtemp(join(tmpdir(), 'pawl-demo-test-'))
  onTestFinished(() => rm(bin, { recursive: true }))
  const agent = join(import.meta.dirname, '../../../examples/agents/indexing-agent.js')
  const begun = join(bin, 'begun')
  const say = (text: string) =>
    `echo '${JSON.stringify({ type: 'item.completed', item: { id: 'i', type: 'agent_message', text } })}'`
  await writeFile(
    join(bin, 'codex'),
    [
      '#!/bin/sh',
      'prompt=$(cat)',
      `echo '{"type":"thread.started","thread_id":"of-this-test"}'`,
      say('I am at work.'),
      'case "$prompt" in *“verify”*)',
      `  [ -e '${begun}' ] || { : > '${begun}'; ${say('I count the words.')}; exec sleep 600; } ;;`,
      'esac',
      `printf %s "$prompt" | '${process.execPath}' '${agent}'`,
      say('Done as it was asked.'),
      '',
    ].join('\n'),
    { mode: 0o755 },
  )
  return bin
}

/** What is seen of an agent that was named. */
const CODEX_AT_WORK = [
  /The agent is codex, by its preset/,
  /agent │ I am at work\./,
  /The verifier is at work\. Process \d+ is the agent/,
  /Its agent died with it: process \d+ is gone/,
  /agent │ Done as it was asked\./,
  /- \[The harbour\]\(chapters\/1-harbour\.md\): \d+ words/,
  /COMPLETED by the second worker: submitted files/,
]

/** What a person who watches has to have seen. */
const STORY = [
  /An agent reviews this repository/,
  /PHASE_STARTED .* of phase context/,
  /PHASE_COMPLETED .*Phase synthesis/,
  /ROUND_COMPLETED/,
  /RUN_COMPLETED/,
  /COMPLETED, outcome SUCCESS/,
  /An agent that says it is done/,
  /INCOMPLETE: the command exited 0/,
  /Exit code 0, and yet the run is FAILED with outcome INCOMPLETE/,
  /Two people press Resume/,
  /terminal (one|two) │ pawl: NotResumable: The run is QUEUED/,
  /Exit codes (0 and 8|8 and 0): exactly one resumed it/,
  /COMPLETED in epoch 2, outcome SUCCESS/,
  /A delivery: a plan to approve/,
  /registered delivery v2/,
  /APPROVAL_REQUESTED .*Shall this plan be built\?/,
  /a person has to decide: pawl approval list --run run_/,
  /│ # Plan: release notes/,
  /Nobody answered, so the demonstration approves/,
  /pawl approval decide apr_\w+ --approve --digest [0-9a-f]{64}/,
  /apr_\w+ {2}APPROVED/,
  /ARTIFACT_INVALID .*must be integer/,
  /as a repair: \/entries must be integer/,
  /agent │ passed: every entry was counted/,
  /COMPLETED: the first build\.json was refused/,
  /worker-a │ .*build\.json is not accepted: \/words must be integer/,
  /\$ kill -9 \d+/,
  /Its agent died with it: process \d+ is gone/,
  /RUN_REQUEUED .*The owner was lost/,
  /worker-b │ .*verify continues as verifier/,
  /agent │ found verified already: chapters\/1-harbour\.md/,
  /worker-b │ .*left it COMPLETED/,
  /A {2}INDEX\.md/,
  /merged into main: [0-9a-f]{40}/,
  /COMPLETED by the second worker/,
  /CANCELLED, confirmed: no process of it is left/,
  /nothing was changed: it was already COMPLETED/,
  /Nothing was changed: it is COMPLETED, revision (\d+) as before/,
  /5 runs checked, no violations/,
]
