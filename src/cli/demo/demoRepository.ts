import { execFile } from 'node:child_process'
import { mkdir, mkdtemp, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'

/** The chapters of the repository, by file. */
const CHAPTERS = {
  '1-harbour.md':
    '# The harbour\n\nThe boats came in with the tide, and nobody counted them but the child on the wall.\n',
  '2-storm.md': '# The storm\n\nAt night the light went out. Whoever was at sea then steered by the bells.\n',
  '3-morning.md':
    '# The morning\n\nEleven boats had gone out. The child counted eleven, and went home to sleep.\n',
}

/** A small git repository for workers. */
export interface DemoRepository {
  /** A git repository with one commit, on `main`. */
  readonly repository: string
  /** The folder of the repository that contains the chapters. */
  readonly chapters: string
  /** Writes the settings of a worker with this definition of its agent. Returns the path of the settings. */
  readonly configure: (worker: { owner: string; label: string; agent: object }) => Promise<string>
  /** Runs git in the repository and returns its output. */
  readonly git: (...words: string[]) => Promise<string>
}

/** Creates the repository in a new folder below this one. */
export async function createDemoRepository(data: string): Promise<DemoRepository> {
  const folder = await mkdtemp(join(data, 'handover-'))
  const [repository, chapters] = [join(folder, 'repository'), 'chapters']
  await mkdir(join(repository, chapters), { recursive: true })
  for (const [name, text] of Object.entries(CHAPTERS)) await writeFile(join(repository, chapters, name), text)
  const git = (...words: string[]) => askGit(repository, words)
  await git('init', '--quiet', '--initial-branch=main')
  await git('add', '.')
  await git('commit', '--quiet', '--message=Three chapters')
  const configure: DemoRepository['configure'] = async ({ owner, label, agent }) => {
    const file = join(folder, `${owner}.json`)
    const settings = {
      owner,
      workflows: ['handover'],
      labels: [label],
      leaseSeconds: 5,
      drainSeconds: 1,
      state: 'sessions',
      workspace: { repository: 'repository', base: 'main', root: 'worktrees' },
      agents: { default: { ...agent, killAfterSeconds: 2 } },
    }
    await writeFile(file, JSON.stringify(settings, null, 2))
    return file
  }
  return { repository, chapters, configure, git }
}

/** Git settings that must not depend on the user's own. */
const SETTINGS = [
  'user.name=Pawl',
  'user.email=pawl@localhost',
  'commit.gpgSign=false',
  'core.hooksPath=/dev/null',
]

/** Runs git in this repository, whatever repository the environment names. */
async function askGit(repository: string, words: readonly string[]): Promise<string> {
  const env = Object.fromEntries(Object.entries(process.env).filter(([name]) => !name.startsWith('GIT_')))
  const settings = SETTINGS.flatMap((setting) => ['-c', setting])
  const { stdout } = await promisify(execFile)('git', [...settings, ...words], { cwd: repository, env })
  return stdout
}
