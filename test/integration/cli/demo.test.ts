import { mkdtemp, readdir, rm } from 'node:fs/promises'
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
    'stays up after the story until Ctrl-C, and can be looked at from another terminal',
    { tags: 'thorough', timeout: 180_000 },
    async () => {
      const data = await mkdtemp(join(tmpdir(), 'pawl-demo-test-'))
      onTestFinished(() => rm(data, { recursive: true }))
      const running = startPawl(['demo', '--short', '--data', data, '--port', '0'])
      await running.until(/sign-in\?code=/)
      const { stdout } = await runPawl(['run', 'list'], { env: { PAWL_DATA: data } })
      expect(stdout.match(/COMPLETED/g)).toHaveLength(1)
      running.kill('SIGINT')
      expect(await running.ended).toMatchObject({ code: 0, stderr: '' })
    },
  )

  it(
    'ends in the middle of the story where it is told to, with everything it started',
    { tags: 'thorough' },
    async () => {
      const data = await mkdtemp(join(tmpdir(), 'pawl-demo-test-'))
      onTestFinished(() => rm(data, { recursive: true }))
      const running = startPawl(['demo', '--data', data, '--port', '0', '--pace', '60000'])
      await running.until(/phase\.started/)
      running.kill('SIGTERM')
      expect((await running.ended).code).toBe(0)
    },
  )
})

/** What a person who watches has to have seen. */
const STORY = [
  /An agent reviews this repository/,
  /phase\.started .* of phase context/,
  /phase\.completed .*Phase synthesis/,
  /round\.completed/,
  /run\.completed/,
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
  /approval\.requested .*Shall this plan be built\?/,
  /a person has to decide: pawl approval list --run run_/,
  /│ # Plan: release notes/,
  /Nobody answered, so the demonstration approves/,
  /pawl approval decide apr_\w+ --approve --digest [0-9a-f]{64}/,
  /apr_\w+ {2}APPROVED/,
  /artifact\.invalid .*must be integer/,
  /as a repair: \/entries must be integer/,
  /agent │ passed: every entry was counted/,
  /COMPLETED: the first build\.json was refused/,
  /worker-a │ .*build\.json is not accepted: \/words must be integer/,
  /\$ kill -9 \d+/,
  /Its agent died with it: process \d+ is gone/,
  /run\.requeued .*The owner was lost/,
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
