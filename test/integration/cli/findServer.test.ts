import { mkdir, readdir, readFile, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { makeFolder, runPawl, startPawl } from './pawl.ts'

describe('a server of this machine', () => {
  it('is found from any directory while it runs, and opens the dashboard by a link that works once', async () => {
    const project = makeFolder()
    const config = makeFolder()
    const env = { XDG_CONFIG_HOME: config }
    // the demonstration of an earlier day, and a worker, have left their folders there
    await mkdir(join(project, '.pawl/demo'), { recursive: true, mode: 0o755 })
    await mkdir(join(project, '.pawl/sessions'))
    const server = startPawl(['serve', '--port', '0'], { cwd: project, env })
    const [, url] = await server.until(/listens on (\S+)/)

    const entries = join(config, 'pawl/servers')
    const [entry = ''] = await readdir(entries)
    expect((await stat(join(entries, entry))).mode & 0o777).toBe(0o600)
    expect((await stat(entries)).mode & 0o777).toBe(0o700)
    const token = (await readFile(join(project, '.pawl/token'), 'utf8')).trim()
    expect(await readFile(join(entries, entry), 'utf8')).not.toContain(token)

    const listed = await runPawl(['run', 'list'], { env })
    expect(listed).toMatchObject({ code: 0, stderr: expect.stringContaining(`server ${url} (the only one`) })

    const opened = await runPawl(['open', '--quiet'], { env })
    expect(opened).toMatchObject({ code: 0, stderr: '' })
    const link = opened.stdout.trim()
    expect(link).toContain(`${url}/sign-in?code=`)
    const answers = [await fetch(link), await fetch(link)]
    expect(answers.map(({ status }) => status)).toEqual([200, 403])
    expect(await answers[1]?.text()).toContain('pawl open')

    server.kill('SIGKILL')
    await server.ended
    const gone = await runPawl(['run', 'list'], { env })
    expect(gone).toMatchObject({ code: 1, stderr: expect.stringContaining('NoServer') })
    expect(await readdir(entries)).toEqual([])

    const again = startPawl(['serve', '--port', '0'], { cwd: project, env })
    const [, newUrl = ''] = await again.until(/listens on (\S+)/)
    const wrong = await runPawl(['login', newUrl], { env, input: 'pawl_wrong\n' })
    expect(wrong).toMatchObject({ code: 9, stdout: '' })
    const login = await runPawl(['login', newUrl], { env, input: `${token}\n` })
    expect(login).toMatchObject({ code: 0, stdout: `logged in to ${newUrl} as local (ADMIN)\n` })
    expect((await stat(join(config, 'pawl/logins.json'))).mode & 0o777).toBe(0o600)
    const elsewhere = await runPawl(['run', 'list'], { env })
    expect(elsewhere).toMatchObject({ code: 0, stderr: expect.stringContaining('(by pawl login)') })
    const known = await runPawl(['login', '--json'], { env })
    expect(JSON.parse(known.stdout)).toMatchObject([
      { kind: 'LOCAL', url: newUrl },
      { kind: 'LOGIN', url: newUrl },
    ])
    expect((await runPawl(['logout'], { env })).code).toBe(0)
    expect((await runPawl(['logout'], { env })).code).toBe(4)
    again.kill('SIGTERM')
    expect((await again.ended).code).toBe(0)
    expect(await readdir(entries)).toEqual([])
  }, 60_000)
})
