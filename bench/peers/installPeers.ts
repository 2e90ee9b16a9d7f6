import { execFile } from 'node:child_process'
import { cp, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import type { Bench } from '../bench.ts'
import { makeFolder } from '../resources.ts'

/** What is installed: the engines, and one Node.js for all of them and for Pawl. */
const PACKAGES: Readonly<Record<string, string>> = {
  [`node-${process.platform}-${process.arch}`]: '24.22.3',
  '@restatedev/restate-server': '1.7.12',
  '@restatedev/restate-sdk': '1.17.2',
  '@dbos-inc/dbos-sdk': '5.3.0',
  'pg-boss': '10.4.2',
  'graphile-worker': '0.17.3',
  openworkflow: '0.10.1',
  postgres: '3.4.9',
}

/** The installed engines. */
export interface InstalledPeers {
  /** Holds the programs that drive the engines. */
  readonly folder: string
  /** The Node.js that runs all of them. */
  readonly node: string
}

/** Installs the engines into a folder of their own, which is removed at the end. */
export async function installPeers({ resources, tell }: Bench): Promise<InstalledPeers> {
  tell('installing the other engines')
  const folder = await makeFolder(resources)
  await writeFile(join(folder, 'package.json'), JSON.stringify({ private: true, dependencies: PACKAGES }))
  const { signal } = resources
  await promisify(execFile)('npm', ['install', '--no-audit', '--no-fund'], { cwd: folder, signal })
  await cp(fileURLToPath(new URL('programs', import.meta.url)), folder, { recursive: true })
  const node = join(folder, 'node_modules', `node-${process.platform}-${process.arch}`, 'bin/node')
  return { folder, node }
}
