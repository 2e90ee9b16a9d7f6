import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { scriptSchema } from '../../../src/adapters/scripted/script.ts'
import { processAdapter } from '../../../src/adapters/process/processAdapter.ts'
import { tmuxAdapter } from '../../../src/adapters/tmux/tmuxAdapter.ts'
import { WITHOUT_TMUX } from '../../conformance/adapters/kinds.ts'
import { never, setUp } from '../../conformance/adapters/workbench.ts'

const example = (name: string) => join(import.meta.dirname, '../../../examples/agents', name)

describe('the examples of agents', () => {
  it('shell-agent.sh writes the file that it is asked for', async () => {
    const bench = await setUp(processAdapter, {
      adapter: 'process',
      command: [example('shell-agent.sh')],
      prompt: 'stdin',
    })
    const agent = await bench.open()
    await agent.send({
      key: '1',
      text: '# Plan\n\nWrite the file `out/plan.md` (text/markdown) in the working directory.',
    })
    expect(await agent.turnOver(never())).toMatchObject({ exit: { exitCode: 0, signal: null } })
    expect(bench.said()).toContain('Wrote out/plan.md.')
    expect(await readFile(join(bench.workspace, 'out/plan.md'), 'utf8')).toContain('# Plan')
  })

  it('remembering-agent.sh is resumed by the id that it prints', async () => {
    const command = [example('remembering-agent.sh')]
    const bench = await setUp(processAdapter, {
      adapter: 'process',
      command,
      resume: [...command, '--resume', '{session}'],
      session: { pattern: 'session: (\\w+)' },
      prompt: 'stdin',
    })
    const agent = await bench.open({ env: { PATH: process.env['PATH'] ?? '', XDG_STATE_HOME: bench.folder } })
    for (const text of ['# one\n', '# two\n']) {
      await agent.send({ key: text, text })
      expect(await agent.turnOver(never())).toMatchObject({ exit: { exitCode: 0, signal: null } })
    }
    expect(bench.said()).toContain('I was asked 2 times so far.')
  })

  it.skipIf(WITHOUT_TMUX !== undefined)(
    'terminal-agent.sh lives from prompt to prompt',
    { tags: 'thorough' },
    async () => {
      const bench = await setUp(tmuxAdapter, {
        adapter: 'tmux',
        command: [example('terminal-agent.sh')],
        prompt: 'file',
        terminal: { ready: '^ready>\\s*$', readySeconds: 60, steer: null, busy: null, quietSeconds: 5 },
      })
      const agent = await bench.open()
      for (const key of ['1', '2']) {
        await agent.send({ key, text: 'a prompt\nof two lines' })
        expect(await agent.turnOver(never())).toMatchObject({ exit: null })
      }
      // a terminal is read every so often, so its last words come after the turn is over
      const answers = () => bench.said().match(/working on: Do what the file .*\.txt says\.\ndone\n/g)
      await expect.poll(answers).toHaveLength(2)
      expect(bench.pids).toHaveLength(1)
    },
  )

  it('script.json is a script', async () => {
    const text = await readFile(example('script.json'), 'utf8')
    expect(scriptSchema.parse(JSON.parse(text)).rules.length).toBeGreaterThan(0)
  })
})
