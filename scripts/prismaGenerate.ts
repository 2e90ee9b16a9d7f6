/**
 * Generates the Prisma client into src/store/generated, without network:
 *
 * tsx scripts/prismaGenerate.ts
 *
 * `--prisma DIR` names another folder than prisma/; its schema.prisma sets where the client is written.
 *
 * `prisma generate` looks for a schema engine binary on the internet although the client needs none; naming any
 * existing file as that binary stops it.
 */
import { spawnSync } from 'node:child_process'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'

const { values } = parseArgs({
  options: { prisma: { type: 'string', default: fileURLToPath(new URL('../prisma', import.meta.url)) } },
})
const command = createRequire(import.meta.url).resolve('prisma/build/index.js')

const args = [command, 'generate', '--no-hints', `--schema=${join(values.prisma, 'schema.prisma')}`]
const { status, error, stdout, stderr } = spawnSync(process.execPath, args, {
  cwd: dirname(dirname(fileURLToPath(import.meta.url))),
  env: {
    ...process.env,
    PRISMA_SCHEMA_ENGINE_BINARY: process.execPath,
    PRISMA_HIDE_UPDATE_MESSAGE: '1',
    CHECKPOINT_DISABLE: '1',
  },
  encoding: 'utf8',
})
if (error) throw error
if (status !== 0) console.error(stdout + stderr)
process.exitCode = status ?? 1
