import { execFileSync, spawnSync } from 'node:child_process'
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  realpathSync,
  writeFileSync,
} from 'node:fs'
import { rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createPawl, isSuccess, type Pawl, unwrap, type WorkspaceOperationDetail } from '@pawl/sdk'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { isThorough } from '../../support/thorough.ts'
import { startTestServer, type TestServer } from '../../support/server.ts'
import { Bench } from './startTestWorker.ts'

/**
 * Agents that try to have the worker run a program of theirs, or to have it work on what is not theirs: by what they leave in their
 * directory, and in the repository that their worktree shares with its user. The program is CANARY; it notes its environment.
 */

/** Every setting of git that names a program, and what leads to others that do. */
const PROGRAM_SETTINGS = [
  ...['core.fsmonitor', 'core.pager', 'core.editor', 'core.sshCommand', 'core.askPass', 'core.gitProxy'],
  ...['core.alternateRefsCommand', 'diff.external', 'diff.evil.command', 'diff.evil.textconv'],
  ...['filter.evil.clean', 'filter.evil.smudge', 'filter.evil.process', 'merge.evil.driver', 'merge.default'],
  ...[
    'gpg.program',
    'gpg.ssh.program',
    'gpg.x509.program',
    'gpg.openpgp.program',
    'gpg.ssh.defaultKeyCommand',
  ],
  ...['credential.helper', 'sequence.editor', 'interactive.diffFilter', 'trailer.evil.command'],
  ...[
    'trailer.evil.cmd',
    'uploadpack.packObjectsHook',
    'remote.origin.uploadpack',
    'remote.origin.receivepack',
  ],
  ...['remote.origin.vcs', 'pager.diff', 'pager.status', 'man.evil.cmd', 'browser.evil.cmd', 'web.browser'],
  ...['difftool.evil.cmd', 'mergetool.evil.cmd', 'guitool.evil.cmd', 'tar.evil.command', 'browser.evil.path'],
  ...[
    'sendemail.sendmailCmd',
    'sendemail.tocmd',
    'imap.tunnel',
    'instaweb.httpd',
    'ssh.variant',
    'hook.evil.command',
  ],
  ...['difftool.evil.path', 'mergetool.evil.path', 'man.evil.path', 'gitcvs.logfile', 'core.notesRef'],
  ...['receive.procReceiveRefs', 'credential.https://x.helper', 'fetch.hideRefs', 'lfs.extension.evil.clean'],
  ...[
    'alias.add',
    'alias.status',
    'alias.update-index',
    'alias.ls-files',
    'alias.worktree',
    'alias.read-tree',
  ],
].map((name) => `git config '${name}' "$CANARY"`)

const SHELL_SETTINGS = [
  `git config alias.diff-tree "!$CANARY"`,
  `git config submodule.sub.update "!$CANARY"`,
  `git config core.hooksPath "$PWD/hooks"`,
  `git config init.templateDir "$PWD/hooks"`,
  `git config hook.evil.event post-checkout`,
  'git config core.fsmonitorHookVersion 2',
  'git config commit.gpgSign true',
  'git config gpg.format ssh',
  'git config trailer.evil.ifmissing add',
  'git config trailer.evil.where end',
  'git config diff.submodule log',
  'git config status.submoduleSummary true',
  'git config submodule.recurse true',
  'git config core.attributesFile "$PWD/.gitattributes"',
  'git config filter.evil.required true',
  'git config gc.auto 1',
  'git config maintenance.auto true',
  'git config gc.recentObjectsHook "$CANARY"',
  'git config extensions.partialClone origin',
  'git config remote.origin.promisor true',
  'git config remote.origin.url "ext::$CANARY"',
  'git config protocol.ext.allow always',
]

const HOOKS = [
  ...['applypatch-msg', 'pre-applypatch', 'post-applypatch', 'pre-commit', 'pre-merge-commit', 'commit-msg'],
  ...[
    'prepare-commit-msg',
    'post-commit',
    'pre-rebase',
    'post-checkout',
    'post-merge',
    'pre-push',
    'pre-auto-gc',
  ],
  ...[
    'post-rewrite',
    'fsmonitor-watchman',
    'post-index-change',
    'reference-transaction',
    'update',
    'sendemail-validate',
  ],
]

const putHooks = (folder: string) =>
  [`mkdir -p "${folder}"`, ...HOOKS.map((name) => `cp "$CANARY" "${folder}/${name}"`)].join('\n')

const DONE = `echo '{"ok":true}' > out.json`
const COMMON = '"$(git rev-parse --path-format=absolute --git-common-dir)"'
const ADMIN = '"$(git rev-parse --path-format=absolute --git-dir)"'
const EVERYTHING = `echo '* filter=evil diff=evil merge=evil' > .gitattributes`

interface Trick {
  readonly name: string
  readonly script: string
  /** Whether it is a further way of another's trick, for a thorough run. */
  readonly isFurther?: boolean
  /** What a merge comes to: done, or the code of why not. Default: done. */
  readonly merge?: string
  readonly diff?: string
  /** The files that a diff is to name, out.json apart. */
  readonly shows?: readonly string[]
  /** How its run ends where what it hands over is refused. Default: COMPLETED. */
  readonly ends?: 'PAUSED' | 'FAILED'
  /** Whether the same trick works on a person who runs git there. */
  readonly isLive?: boolean
  /** What is left beside the worktree by the agent itself. */
  readonly leaves?: readonly string[]
}

const TRICKS: readonly Trick[] = [
  {
    name: 'names a program by every setting that there is',
    script: [putHooks('hooks'), ...PROGRAM_SETTINGS, ...SHELL_SETTINGS, DONE].join('\n'),
    isLive: true,
  },
  {
    name: 'has all files go through a filter of its own',
    script: `git config filter.evil.clean "$CANARY"; git config filter.evil.smudge "$CANARY"; ${EVERYTHING}; ${DONE}`,
    diff: 'FILTER_NOT_TRUSTED',
    merge: 'FILTER_NOT_TRUSTED',
    isLive: true,
  },
  {
    name: 'has a filter like the one of git-lfs',
    isFurther: true,
    script: `git config filter.lfs.process "$CANARY"; git config filter.lfs.clean "git-lfs clean -- %f"; echo '* filter=lfs' > .gitattributes; ${DONE}`,
    diff: 'FILTER_NOT_TRUSTED',
    merge: 'FILTER_NOT_TRUSTED',
  },
  {
    name: "writes it all to its user's own settings",
    isFurther: true,
    script: `unset GIT_CONFIG_GLOBAL; git config --global core.fsmonitor "$CANARY"; git config --global filter.late.clean "$CANARY"; git config --global core.hooksPath "$PWD/hooks"; echo '* filter=late' > .gitattributes; ${putHooks('hooks')}; ${DONE}`,
    diff: 'FILTER_NOT_TRUSTED',
    merge: 'FILTER_NOT_TRUSTED',
    isLive: true,
  },
  {
    name: 'has its own programs compare and merge files',
    isFurther: true,
    script: `for kind in command textconv xfuncname; do git config diff.evil.$kind "$CANARY"; done; git config merge.evil.driver "$CANARY %O %A %B"; echo '*.md diff=evil merge=evil' > .gitattributes; echo mine >> README.md; ${DONE}`,
    shows: ['.gitattributes', 'README.md'],
  },
  {
    name: 'puts hooks into the repository',
    script: `${putHooks(`$(git rev-parse --path-format=absolute --git-common-dir)/hooks`)}\n${DONE}`,
  },
  {
    name: 'has settings of its worktree alone',
    isFurther: true,
    script: `git config extensions.worktreeConfig true; git config --worktree core.fsmonitor "$CANARY"; git config --worktree core.hooksPath "$PWD/hooks"; ${putHooks('hooks')}\n${DONE}`,
    isLive: true,
  },
  {
    name: 'includes settings that lie in its directory',
    isFurther: true,
    script: `printf '[core]\\n\\tfsmonitor = %s\\n' "$CANARY" > evil.ini; git config include.path "$PWD/evil.ini"; git config "includeIf.gitdir:/.path" "$PWD/evil.ini"; ${DONE}`,
    isLive: true,
  },
  {
    name: 'replaces .git by a repository of its own',
    isFurther: true,
    script: `rm .git; git init -q; git config core.fsmonitor "$CANARY"; ${DONE}`,
    merge: 'PATH_TAKEN',
    isLive: true,
  },
  {
    name: "replaces .git by a link to the user's",
    script: `common=${COMMON}; rm .git; ln -s "$common" .git; ${DONE}`,
  },
  {
    name: 'has .git lead to a repository in its directory',
    isFurther: true,
    script: `git init -q --bare hidden; git --git-dir=hidden config core.bare false; git --git-dir=hidden config core.fsmonitor "$CANARY"; echo 'gitdir: ./hidden' > .git; ${DONE}`,
    isLive: true,
  },
  {
    name: 'tells what the repository keeps of the worktree that it belongs to another',
    isFurther: true,
    script: `admin=${ADMIN}; git init -q --bare hidden; git --git-dir=hidden config core.fsmonitor "$CANARY"; echo "$PWD/hidden" > "$admin/commondir"; ${DONE}`,
  },
  { name: 'removes .git', script: `rm .git; ${DONE}`, shows: [] },
  {
    name: 'has a submodule that runs a program',
    script: `git init -q sub; cd sub; git commit -q --allow-empty -m one; git config core.fsmonitor "$CANARY"; cd ..; printf '[submodule "sub"]\\n\\tpath = sub\\n\\turl = ./sub\\n\\tignore = none\\n\\tupdate = !%s\\n' "$CANARY" > .gitmodules; git add .gitmodules; git update-index --add --cacheinfo 160000,$(git -C sub rev-parse HEAD),sub; git commit -qm sub; echo dirty > sub/file; ${DONE}`,
    merge: 'SUBMODULE_CHANGED',
    shows: ['.gitmodules', 'sub', 'sub/file'],
  },
  {
    name: 'hides a repository in its directory',
    isFurther: true,
    script: `git init -q sub; git -C sub commit -q --allow-empty -m one; git -C sub config core.fsmonitor "$CANARY"; ${DONE}`,
    merge: 'EMBEDDED_REPOSITORY',
    shows: ['sub'],
  },
  {
    name: 'loses an object that only a program of its own can bring',
    isFurther: true,
    script: `git config remote.origin.url "ext::$CANARY"; git config remote.origin.uploadpack "$CANARY"; git config remote.origin.promisor true; git config core.repositoryFormatVersion 1; git config extensions.partialClone origin; git config protocol.ext.allow always; blob=$(git rev-parse HEAD:README.md); echo changed > README.md; common=${COMMON}; rm -f "$common/objects/$(echo $blob | cut -c1-2)/$(echo $blob | cut -c3-)"; ${DONE}`,
    diff: 'OBJECTS_MISSING',
    merge: 'OBJECTS_MISSING',
  },
  {
    name: 'leaves a lock behind',
    isFurther: true,
    script: `touch ${ADMIN}/index.lock; ${DONE}`,
    merge: 'REPOSITORY_LOCKED',
    shows: [],
  },
  {
    name: 'moves its directory away',
    isFurther: true,
    script: `[ -f .git ] || exit; here=$PWD; cd ..; mv "$here" "$here.moved"`,
    ends: 'PAUSED',
    diff: 'WORKSPACE_GONE',
    leaves: ['.moved'],
  },
  {
    name: "replaces its directory by a link to the user's",
    script: `[ -f .git ] || exit; here=$PWD; top=$(dirname ${COMMON}); cd ..; mv "$here" "$here.moved"; ln -s "$top" "$here"`,
    ends: 'PAUSED',
    diff: 'WORKSPACE_GONE',
    leaves: ['.moved'],
  },
  {
    name: 'hides what it changed from git',
    script: `echo mine >> README.md; git update-index --assume-unchanged README.md; ${DONE}`,
    shows: ['README.md'],
  },
  {
    name: 'has git show other commits than there are',
    isFurther: true,
    script: `echo mine >> README.md; git commit -qam mine; git replace HEAD HEAD^; git replace $(git rev-parse HEAD:README.md) $(git rev-parse HEAD^:README.md); ${DONE}`,
    shows: ['README.md'],
  },
  {
    name: 'leaves a program that is called git',
    isFurther: true,
    script: `cp "$CANARY" git; cp "$CANARY" git-ls-files; ${DONE}`,
    shows: ['git', 'git-ls-files'],
  },
  { name: 'hands over a link', script: 'ln -s /etc/hostname out.json', ends: 'FAILED' },
  { name: 'hands over a named pipe', script: 'mkfifo out.json', ends: 'PAUSED' },
  { name: 'hands over too much', script: 'head -c 12000000 /dev/zero > out.json', ends: 'PAUSED' },
]

const JOB = {
  name: 'hostile',
  version: 1,
  initialPhase: 'work',
  onOwnerLost: 'REQUEUE',
  phases: [
    {
      key: 'work',
      next: ['done'],
      role: 'builder',
      prompt: 'BEGIN-SCRIPT\n{{input.script}}\nEND-SCRIPT\n',
      artifact: { path: 'out.json', schema: { type: 'object' } },
    },
    { key: 'done', final: true },
  ],
}

/** Runs the script that stands in its prompt. */
const AGENT = String.raw`eval "$(sed -n '/^BEGIN-SCRIPT$/,/^END-SCRIPT$/p' | sed '1d;$d')"`

const SECRET = 'the-token-of-the-worker'
const PATIENCE = { timeoutMs: 120_000 }

let server: TestServer
let bench: Bench
let folder: string
let person: Pawl
const before = { ...process.env }

beforeAll(async () => {
  server = await startTestServer()
  folder = realpathSync(mkdtempSync(join(tmpdir(), 'pawl-hostile-')))
  mkdirSync(join(folder, 'home'))
  mkdirSync(join(folder, 'plain'))
  // What a worker may have been started with, and a search path that begins where it happens to be.
  const { PATH } = process.env
  const stranger = { GIT_DIR: join(folder, 'nowhere'), GIT_INDEX_FILE: join(folder, 'nowhere/index') }
  Object.assign(process.env, stranger, { HOME: join(folder, 'home'), PATH: `.:${PATH}`, PAWL_TOKEN: SECRET })
  writeFileSync(
    join(folder, 'canary'),
    `#!/bin/sh\n{ echo "$0 $*"; env; } > "\${LIVE:-${folder}}/sang-$$"\nexit 1\n`,
    { mode: 0o755 },
  )
  bench = await Bench.prepare(server)
  person = createPawl({ url: server.url, token: server.adminToken })
  unwrap(await person.workflows.register(JOB))
  const identity = ['AUTHOR', 'COMMITTER'].map((who) => `GIT_${who}_NAME=E GIT_${who}_EMAIL=e@e`).join(' ')
  const begin = `unset GIT_DIR GIT_INDEX_FILE; export CANARY='${join(folder, 'canary')}' ${identity} GIT_CONFIG_GLOBAL=/dev/null`
  const command = ['/bin/sh', '-c', `${begin}\n${AGENT}`]
  bench.start(
    { builder: { adapter: 'process', command, prompt: 'stdin', killAfterSeconds: 1 } },
    {
      concurrency: 4,
      leaseSeconds: 300,
      workspace: { directory: join(folder, 'plain'), allow: [folder], root: join(folder, 'trees') },
    },
  )
})

afterAll(async () => {
  await bench.remove()
  await server.stop()
  for (const name of Object.keys(process.env)) if (!(name in before)) delete process.env[name]
  Object.assign(process.env, before)
  await rm(folder, { recursive: true, force: true })
})

/** As a person runs git, who has settings of their own. */
function git(cwd: string, ...args: string[]): string {
  const env = {
    PATH: before['PATH'],
    HOME: join(folder, 'home'),
    ...{ GIT_AUTHOR_NAME: 'Ada', GIT_AUTHOR_EMAIL: 'ada@example.org' },
    ...{ GIT_COMMITTER_NAME: 'Ada', GIT_COMMITTER_EMAIL: 'ada@example.org', GIT_CONFIG_GLOBAL: '/dev/null' },
  }
  return execFileSync('git', args, { cwd, env, encoding: 'utf8', stdio: 'pipe' }).trimEnd()
}

/** A person who knows of the trick. */
const CAREFUL = [
  'core.fsmonitor=false',
  'core.hooksPath=/dev/null',
  'commit.gpgSign=false',
  'gc.auto=0',
].flatMap((setting) => ['-c', setting])

/** Whether a person who knows of nothing, and runs git in the worktree, has the program run. */
function worksOnPeople(number: number, path: string): boolean {
  const LIVE = join(folder, `live-${number}`)
  mkdirSync(LIVE)
  spawnSync('git', ['status'], { cwd: path, env: { PATH: before['PATH'], HOME: join(folder, 'home'), LIVE } })
  return readdirSync(LIVE).length > 0
}

/** A repository for each of them, so that none is in another's way. */
function createRepository(number: number): string {
  const repository = join(folder, `repository-${number}`)
  mkdirSync(repository)
  git(repository, 'init', '--quiet', '--initial-branch', 'main')
  writeFileSync(join(repository, 'README.md'), 'one\ntwo\nthree\n')
  git(repository, 'add', '.')
  git(repository, 'commit', '--quiet', '--message', 'first')
  return repository
}

/** What has been run, with its environment. */
function readSung(): string[] {
  const files = readdirSync(folder).filter((name) => name.startsWith('sang-'))
  return files.map((name) => readFileSync(join(folder, name), 'utf8'))
}

async function perform(
  workspaceId: string,
  kind: 'DIFF' | 'MERGE' | 'REMOVE',
): Promise<WorkspaceOperationDetail> {
  const force = kind === 'REMOVE'
  const answer = await person.workspaces.perform(workspaceId, kind, { ...PATIENCE, force })
  if (!isSuccess(answer) && answer.__typename !== 'OperationFailed') throw new Error(JSON.stringify(answer))
  return answer.operation
}

const toOutcome = ({ status, error }: WorkspaceOperationDetail) =>
  status === 'SUCCEEDED' ? 'done' : `${error?.code}: ${error?.message}`

describe.concurrent('an agent that', { timeout: 180_000 }, () => {
  const tricks = TRICKS.map((trick, number) => ({ ...trick, number }))
  test.for(tricks.filter(({ isFurther }) => isThorough || !isFurther))(
    '$name',
    async (trick, { expect: hold }) => {
      const repository = createRepository(trick.number)
      const runId = await bench.begin('hostile', {
        input: { script: trick.script, workspace: { repository } },
      })
      const { status } = await bench.until(
        runId,
        (run) => run.isSettled || run.nextAction === 'DECIDE_APPROVAL',
      )
      hold(status).toBe(trick.ends ?? 'COMPLETED')
      if (trick.ends === 'PAUSED') {
        unwrap(await person.runs.cancel(runId))
        await bench.settled(runId)
      }
      const workspace = await person.workspaces.get(runId)
      const id = workspace?.id ?? ''
      // Between its beginning and the merge, others go on.
      writeFileSync(join(repository, 'README.md'), 'zero\none\ntwo\nthree\n')
      git(repository, ...CAREFUL, 'commit', '--quiet', '--all', '--message', 'second')

      const shown = await perform(id, 'DIFF')
      hold(toOutcome(shown)).toMatch(new RegExp(`^${trick.diff ?? 'done'}`))
      if (trick.shows)
        hold(shown.diff?.files.map(({ path }) => path)).toEqual([...trick.shows, 'out.json'].toSorted())
      if (!trick.ends)
        hold(toOutcome(await perform(id, 'MERGE'))).toMatch(new RegExp(`^${trick.merge ?? 'done'}`))
      if (trick.isLive) hold(worksOnPeople(trick.number, workspace?.path ?? '')).toBe(true)
      hold(toOutcome(await perform(id, 'REMOVE'))).toBe('done')

      hold(readdirSync(join(repository, '.git', 'worktrees'))).toEqual([])
      hold(existsSync(join(folder, 'trees', runId))).toBe(false)
      hold(readdirSync(join(folder, 'trees')).filter((name) => name.startsWith(runId))).toEqual(
        (trick.leaves ?? []).map((suffix) => `${runId}${suffix}`),
      )
      hold(git(repository, ...CAREFUL, 'branch', '--list', 'pawl/*')).toBe('')
    },
  )
})

test('and none of them had the worker run its program', () => {
  expect(readSung()).toEqual([])
})
