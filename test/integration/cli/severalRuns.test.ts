import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { createPawl, unwrap } from '@pawl/sdk'
import type { Pawl } from '@pawl/sdk'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { startTestServer } from '../../support/server.ts'
import type { TestServer } from '../../support/server.ts'
import { hasTerminal, startAtTerminal } from './atTerminal.ts'
import { makeFolder, pawlAt } from './pawl.ts'

let server: TestServer
let pawl: Pawl
let cli: ReturnType<typeof pawlAt>

const NOTE = {
  name: 'note',
  version: 1,
  initialPhase: 'write',
  phases: [{ key: 'write', final: true, artifact: { path: 'note.md', mediaType: 'text/markdown' } }],
}

beforeAll(async () => {
  server = await startTestServer()
  pawl = createPawl({ url: server.url, token: server.adminToken })
  cli = pawlAt(server.url, server.adminToken)
  unwrap(await pawl.workflows.register(NOTE))
})
afterAll(() => server.stop())

async function start(label: string, title = `A run of ${label}`): Promise<string> {
  return unwrap(await pawl.runs.start({ workflow: 'note', labels: [label], title })).run.id
}

const statusOf = async (id: string) => (await pawl.runs.get(id))?.status

describe('an id', () => {
  it('may be typed by its end, of at least four characters', async () => {
    const id = await start('ends')
    const shown = await cli.json(['run', 'show', id.slice(-7)])
    expect(shown.answer['run']).toMatchObject({ id })
    const short = await cli.run(['run', 'show', id.slice(-3)])
    expect([short.code, short.stderr]).toEqual([4, expect.stringContaining('NotFound')])
  })

  it('is whole in a pipe, and short at a terminal of 80 columns, where the title is seen', async (context) => {
    if (!hasTerminal) return context.skip()
    const id = await start('widths', 'The title that a person looks for')
    expect((await cli.run(['run', 'list', '--label', 'widths'])).stdout).toContain(id)
    const { code, printed } = await startAtTerminal(['run', 'list', '--label', 'widths'], {
      ...cli.env,
      COLUMNS: '80',
    }).ended
    expect(code).toBe(0)
    expect(printed).toContain(`${id.slice(-7)} `)
    expect(printed).not.toContain(id)
    expect(printed).toContain('The title that a person looks for')
  })
})

describe('several runs', () => {
  it('are cancelled one after the other, and a refusal stops none of the others', async () => {
    const ids = [await start('named'), await start('named')]
    const missing = 'run_01k90000000000000000000000'
    const { code, stdout, stderr } = await cli.run(['run', 'cancel', ids[0] ?? '', missing, ids[1] ?? ''])
    expect(code).toBe(4)
    expect(stderr).toContain(missing)
    expect(stdout.trim().split('\n')).toHaveLength(2)
    expect(await Promise.all(ids.map(statusOf))).toEqual(['CANCELLED', 'CANCELLED'])
  })

  it('that match a filter are changed only with --yes where nobody can be asked', async () => {
    const ids = [await start('filtered'), await start('filtered')]
    const words = ['run', 'cancel', '--filter', 'label=filtered', '--filter', 'status=active']
    const refused = await cli.run(words)
    expect(refused.code).toBe(2)
    expect(refused.stderr).toContain('cancel 2 runs: add --yes')
    expect(await Promise.all(ids.map(statusOf))).toEqual(['QUEUED', 'QUEUED'])
    expect((await cli.run([...words, '--yes'])).code).toBe(0)
    expect(await Promise.all(ids.map(statusOf))).toEqual(['CANCELLED', 'CANCELLED'])
    const deleted = await cli.run(['run', 'delete', '--filter', 'label=filtered', '--yes'])
    expect(deleted.stdout.trim().split('\n').toSorted()).toEqual(ids.map((id) => `deleted ${id}`).toSorted())
  })

  it('that do not allow the command are left out, and said to be', async () => {
    const id = await start('settled')
    unwrap(await pawl.runs.cancel(id))
    const { code, stderr } = await cli.run(['run', 'cancel', '--filter', 'label=settled', '--yes'])
    expect(code).toBe(0)
    expect(stderr).toContain('1 more match')
    expect(stderr).toContain('no run to cancel')
  })

  it('are left alone by a person who does not agree, with exit code 1', async (context) => {
    if (!hasTerminal) return context.skip()
    const id = await start('asked')
    const terminal = startAtTerminal(['run', 'cancel', '--filter', 'label=asked'], cli.env)
    await terminal.until(/cancel 1 run\?/)
    terminal.type('n')
    const { code, printed } = await terminal.ended
    expect([code, printed]).toEqual([1, expect.stringContaining('nothing was changed')])
    expect(await statusOf(id)).toBe('QUEUED')
  })

  it('take no option that is meant for one', async () => {
    const ids = [await start('options'), await start('options')]
    const { code, stderr } = await cli.run(['run', 'cancel', ...ids, '--if-revision', '1'])
    expect([code, stderr]).toEqual([2, expect.stringContaining('--if-revision is for one run')])
    expect((await cli.run(['run', 'delete'])).code).toBe(2)
  })
})

describe('pawl run start --follow', () => {
  it('follows the run to its end, and tells the outcome by its exit code', async () => {
    const following = cli.start(['run', 'start', 'note', '--label', 'followed', '--follow'])
    const [, id = ''] = await following.until(/run (run_\w+)/)
    await following.until(/RUN_STARTED|RUN_CREATED|QUEUED/)
    unwrap(await pawl.runs.cancel(id))
    const { code, stdout } = await following.ended
    expect([code, stdout]).toEqual([8, expect.stringContaining(`${id}  CANCELLED`)])
  })
})

describe('pawl artifact', () => {
  it('lists, shows and gets the files of a run, by path the newest', async () => {
    const id = await start('files')
    const claimed = unwrap(await pawl.runs.claim({ owner: 'ada', runId: id, leaseSeconds: 0 }))
    const fence = claimed.lease?.fence
    unwrap(await pawl.phases.start(id, 'write', { fence }))
    const content = '# Note\n\n\u001b[31mred\u001b[0m\ttext\n'
    const { artifact } = unwrap(await pawl.artifacts.submit(id, 'write', { fence, path: 'note.md', content }))
    const listed = await cli.json(['artifact', 'list', id])
    expect(listed.answer['nodes']).toEqual([expect.objectContaining({ id: artifact.id, path: 'note.md' })])
    const shown = await cli.run(['artifact', 'show', artifact.id])
    expect(shown.stdout).toContain(artifact.sha256)
    for (const named of ['note.md', artifact.id.slice(-7)])
      expect((await cli.run(['artifact', 'get', named, '--run', id])).stdout).toBe(content)
    const cwd = makeFolder()
    const words = ['artifact', 'get', artifact.id, '--output', 'copy.md']
    expect((await cli.run(words, { cwd })).code).toBe(0)
    expect(await readFile(join(cwd, 'copy.md'), 'utf8')).toBe(content)
    const again = await cli.run(words, { cwd })
    expect([again.code, again.stderr]).toEqual([7, expect.stringContaining('--force')])
    expect((await cli.run(['artifact', 'get', 'other.md', '--run', id])).code).toBe(4)
  })
})

describe('pawl complete', () => {
  const complete = async (...words: string[]) => {
    const { stdout } = await cli.run(['complete', '--', ...words])
    return stdout
      .trim()
      .split('\n')
      .map((line) => line.split('\t')[0])
  }

  it('offers commands, options, known words, and the names that the server has', async () => {
    const id = await start('offered', 'Offered')
    expect(await complete('ru')).toEqual(['run'])
    expect(await complete('run', 'ca')).toEqual(['cancel'])
    expect(await complete('run', 'list', '--sta')).toEqual(['--status'])
    expect(await complete('run', 'list', '--status', 'awa')).toEqual(['awaiting_approval'])
    expect(await complete('run', 'start', 'no')).toEqual(['note'])
    expect(await complete('run', 'cancel', '')).toContain(id.slice(-7))
    expect(await complete('run', 'cancel', id.slice(0, 28))).toContain(id)
    unwrap(await pawl.runs.cancel(id))
    expect(await complete('run', 'cancel', '')).not.toContain(id.slice(-7))
    expect(await complete('exec', '--', 'x')).toEqual([''])
  })

  it('is asked by the function of the shell, which evaluates nothing', async () => {
    const line = (words: string, index: number) =>
      `eval "$(pawl complete bash)"; COMP_WORDS=(${words}); COMP_CWORD=${index}; _pawl; echo "\${COMPREPLY[@]}"`
    expect((await cli.bash(line('pawl run can', 2))).stdout.trim()).toBe('cancel')
    const cwd = makeFolder()
    await cli.bash(line(`pawl run '$(touch made)'`, 2), { cwd })
    await expect(readFile(join(cwd, 'made'))).rejects.toThrow()
    expect((await cli.run(['complete', 'tcsh'])).code).toBe(2)
  })
})
