// @module-tag thorough
import { chmod, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, it, onTestFinished, vi } from 'vitest'
import { runPawl, startPawl } from './pawl.ts'

vi.setConfig({ testTimeout: 60_000 })

async function makeFolder(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'pawl-environment-'))
  await chmod(folder, 0o755)
  onTestFinished(() => rm(folder, { recursive: true, force: true }))
  return folder
}

/** What is meant for another database, and would lead anywhere but to the embedded one. */
const FOREIGN = {
  PGHOST: 'nowhere.invalid',
  PGPORT: '1',
  PGUSER: 'somebody',
  PGPASSWORD: 'else',
  PGDATABASE: 'elsewhere',
  PGSSLMODE: 'verify-full',
  PGSSLNEGOTIATION: 'direct',
  PGOPTIONS: '-c default_transaction_read_only=on',
  PGSERVICE: 'theirs',
  PGREPLICATION: 'database',
  PGCLIENT_ENCODING: 'LATIN1',
  PGAPPNAME: 'theirs',
  PGDATA: '/nowhere',
  TMPDIR: '/nowhere/at/all',
  LC_ALL: 'nonsense',
}

/** As a CI leaves them whose secrets and settings are missing. */
const EMPTY = {
  PAWL_TOKEN: '',
  PAWL_TOKEN_FILE: '',
  PAWL_URL: ' ',
  PAWL_DATA: '',
  PAWL_CONFIG: '',
  PAWL_RUN_ID: '',
  PAWL_EXECUTION_ID: '',
  PAWL_PORT: '',
  PAWL_HOST: ' ',
  PAWL_LOG_LEVEL: '',
  PAWL_ALLOWED_ORIGINS: '',
  DATABASE_URL: ' ',
}

it('is not led astray by variables that are meant for others, or set to nothing', async () => {
  const cwd = await makeFolder()
  const env = { ...FOREIGN, ...EMPTY }
  const server = startPawl(['serve', '--port', '0', '--json'], { cwd, env })
  await server.until(/"kind":"embedded"/)
  const started = await runPawl(['run', 'start', 'review', '--title', 'Größe', '--json'], { cwd, env })
  expect(started).toMatchObject({ code: 0, stdout: expect.stringContaining('Größe') })
  // names none of its own: the only active run is meant
  expect(await runPawl(['run', 'cancel', '-q'], { cwd, env })).toMatchObject({ code: 0 })
  const exported = await runPawl(['export', '-q'], { cwd, env })
  expect(exported).toMatchObject({ code: 0, stdout: expect.stringContaining('Größe') })
  server.kill('SIGTERM')
  expect(await server.ended).toMatchObject({ code: 0 })
})
