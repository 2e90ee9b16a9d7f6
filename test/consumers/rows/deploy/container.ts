import { existsSync } from 'node:fs'
import { chmod, copyFile, cp, mkdir, readFile, rename, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { createPawl, unwrap } from '@pawl/sdk'
import { parse } from 'yaml'
import { NotHere } from '../../row.ts'
import type { Row } from '../../row.ts'
import { CACHE, findPort } from '../../stage.ts'
import type { Stage } from '../../stage.ts'
import { needPrograms, readSample, SAMPLES } from './samples.ts'

/** Debian, as an archive; made once, since that takes minutes. `PAWL_DEPLOY_BASE` names an image to be used instead. */
const DEBIAN = join(CACHE, 'bookworm.tar')

const CERTIFICATES = '/etc/ssl/certs/ca-certificates.crt'

/** Where Debian keeps the programs of its PostgreSQL. */
const POSTGRES = '/usr/lib/postgresql/15/bin'

/**
 * The image is built and run by podman, with what the composition tells its server, beside Debian's PostgreSQL. Where the base of the
 * Dockerfile can't be pulled, it is Debian with npm's Node.js.
 */
export const containerRow: Row = {
  name: 'container',
  proves: 'the Dockerfile is built, and its server runs beside a PostgreSQL as compose.yaml says',
  play: async (stage) => {
    if (process.getuid?.() !== 0) throw new NotHere('podman is used as root here')
    needPrograms('podman', 'runc', 'debootstrap')
    if (!existsSync(POSTGRES)) throw new NotHere('there is no PostgreSQL of Debian')
    const folder = await stage.createFolder()
    const podman = createPodman(stage, folder)
    const base = process.env['PAWL_DEPLOY_BASE'] ?? (await importBase(stage, podman))
    const context = join(folder, 'context')
    await mkdir(context)
    await copyFile(stage.tarballs.pawl, join(context, 'pawl-0.0.0.tgz'))
    await podman(
      'build',
      '--isolation=chroot',
      '--network=host',
      `--build-arg=BASE=${base}`,
      '-f',
      join(SAMPLES, 'Dockerfile'),
      '-t',
      'pawl',
      context,
    )
    const database = await startPostgres(stage)
    try {
      await runServer(stage, folder, podman, database.port)
    } finally {
      await database.stop()
    }
    return 'compose.yaml was read, and its server run by podman; compose itself was not'
  },
}

type Podman = (...words: readonly string[]) => Promise<string>

/** podman with a storage of its own, so that nothing is left on the machine. */
const optionsIn = (folder: string) => [
  `--root=${folder}/storage`,
  `--runroot=${folder}/run`,
  '--storage-driver=vfs',
  '--cgroup-manager=cgroupfs',
  '--runtime=/usr/sbin/runc',
]

const createPodman =
  (stage: Stage, folder: string): Podman =>
  (...words) =>
    stage.run(folder, ['podman', ...optionsIn(folder), ...words])

/** Debian with npm's Node.js and the machine's certificates, as an image. */
async function importBase(stage: Stage, podman: Podman): Promise<string> {
  const [node = '', bin = ''] = await stage.node(22)
  const folder = await stage.createFolder()
  await mkdir(CACHE, { recursive: true })
  const tree = join(folder, 'debian')
  if (existsSync(DEBIAN)) {
    await mkdir(tree)
    await stage.run(folder, ['tar', '--directory', tree, '--extract', '--file', DEBIAN])
  } else {
    await stage.run(folder, ['debootstrap', '--variant=minbase', 'bookworm', tree])
    await stage.run(folder, ['tar', '--directory', tree, '--create', '--file', `${DEBIAN}.new`, '.'])
    await rename(`${DEBIAN}.new`, DEBIAN)
  }
  await mkdir(join(tree, 'usr/local/lib/node_modules'), { recursive: true })
  await mkdir(join(tree, 'usr/local/bin'), { recursive: true })
  await cp(join(bin, '../npm'), join(tree, 'usr/local/lib/node_modules/npm'), { recursive: true })
  await copyFile(join(node, 'node'), join(tree, 'usr/local/bin/node'))
  await writeFile(
    join(tree, 'usr/local/bin/npm'),
    '#!/bin/sh\nexec node /usr/local/lib/node_modules/npm/bin/npm-cli.js "$@"\n',
  )
  await chmod(join(tree, 'usr/local/bin/npm'), 0o755)
  await mkdir(join(tree, 'usr/local/etc'), { recursive: true })
  await mkdir(join(tree, 'etc/ssl/certs'), { recursive: true })
  if (existsSync(CERTIFICATES)) {
    await copyFile(CERTIFICATES, join(tree, CERTIFICATES))
    await writeFile(join(tree, 'usr/local/etc/npmrc'), `cafile=${CERTIFICATES}\nprefix=/usr/local\n`)
  }
  const image = join(folder, 'base.tar')
  await stage.run(folder, ['tar', '--directory', tree, '--create', '--file', image, '.'])
  await podman(
    'import',
    '--change',
    'ENV=PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin',
    image,
    'pawl-base',
  )
  return 'localhost/pawl-base'
}

/** Debian's PostgreSQL on a port of loopback, in a folder of the stage, as the user that Debian made for it. */
async function startPostgres(stage: Stage) {
  const uid = Number(await stage.run('/', ['id', '-u', 'postgres']))
  const account = { uid }
  const folder = await stage.createFolder(account)
  const port = await findPort()
  await writeFile(join(folder, 'password'), 'sesame')
  await stage.run(
    folder,
    [
      `${POSTGRES}/initdb`,
      '-D',
      'data',
      '-U',
      'pawl',
      '-E',
      'UTF8',
      '--locale=C.UTF-8',
      '--auth=scram-sha-256',
      '--pwfile=password',
    ],
    account,
  )
  const settings = [`port=${port}`, 'listen_addresses=127.0.0.1', `unix_socket_directories=${folder}`]
  const words = settings.flatMap((setting) => ['-c', setting])
  const program = stage.start(folder, [`${POSTGRES}/postgres`, '-D', 'data', ...words], account)
  await program.find(/ready to accept connections/)
  await stage.run(
    folder,
    [
      'psql',
      '-h',
      '127.0.0.1',
      '-p',
      String(port),
      '-U',
      'pawl',
      '-d',
      'postgres',
      '-c',
      'create database pawl',
    ],
    account,
    { PGPASSWORD: 'sesame' },
  )
  return { port, stop: () => program.stop() }
}

interface Composition {
  readonly services: {
    readonly pawl: {
      readonly environment: Readonly<Record<string, string>>
      readonly cap_drop: readonly string[]
      readonly security_opt: readonly string[]
    }
  }
}

/** Runs the server with what the composition says, which differs in the name of the database's host and in its network alone. */
async function runServer(stage: Stage, folder: string, podman: Podman, port: number): Promise<void> {
  const password = '${POSTGRES_PASSWORD:?a password of your choice}'
  const text = readSample('compose.yaml', [[`${password}@postgres/`, `sesame@127.0.0.1:${port}/`]])
  const { pawl } = (parse(text) as Composition).services
  const listening = await findPort()
  const environment = { ...pawl.environment, PAWL_HOST: '127.0.0.1', PAWL_PORT: String(listening) }
  const data = join(folder, 'volume')
  await mkdir(data)
  await stage.run(folder, ['chown', '10001:10001', data])
  const words = [
    ...[
      'run',
      '--name=pawl',
      '--network=host',
      '--ulimit=nofile=20000:20000',
      '--ulimit=nproc=5000:5000',
      '--read-only',
    ],
    ...pawl.cap_drop.map((capability) => `--cap-drop=${capability}`),
    ...pawl.security_opt.map((option) => `--security-opt=${option.replace(/:true$/, '')}`),
    ...Object.entries(environment).map(([name, value]) => `--env=${name}=${value}`),
    `--volume=${data}:/var/lib/pawl`,
    'localhost/pawl',
  ]
  const container = stage.start(folder, ['podman', ...optionsIn(folder), ...words])
  try {
    await container.find(/Pawl listens on/)
    const url = `http://127.0.0.1:${listening}`
    const token = (await readFile(join(data, 'token'), 'utf8')).trim()
    const api = createPawl({ url, token })
    const { run } = unwrap(await api.runs.start({ workflow: 'review', title: 'In a container' }))
    if (run?.status !== 'QUEUED') throw new Error(`the run is ${run?.status}`)
    const healthy = await podman(
      'exec',
      'pawl',
      'node',
      '-e',
      `fetch('${url}/readyz').then(({ status }) => console.log(status))`,
    )
    if (healthy.trim() !== '200') throw new Error(`/readyz answers ${healthy} within the container`)
  } finally {
    await podman('stop', '--time=30', 'pawl')
    await container.stop()
  }
  const code = (await podman('inspect', '--format={{.State.ExitCode}}', 'pawl')).trim()
  if (code !== '0') throw new Error(`the container ended with ${code}`)
  await podman('rm', 'pawl')
}
